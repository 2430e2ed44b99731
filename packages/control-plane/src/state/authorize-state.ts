import type { Database } from '../store/index.ts'
import { bearerToken, TokenRejectedError, type TokenService } from '../tokens/index.ts'

import { StateError } from './state-error.ts'
import type { StateCaller } from './state-locks.ts'

export interface StateAccess {
  readonly caller: StateCaller
  /** Throws when the access ended since: a token may be revoked while a body arrives (I6). */
  recheck(): void
}

/**
 * Who may touch the workspace's state: a run's own token while its job is at work, or a user or service
 * account of the account. The token is the password of basic auth, which is all that Terraform's http backend can send.
 *
 * @throws {@link TokenRejectedError} when there is none
 * @throws {@link StateError} 403 or 404
 */
export async function authorizeState(
  options: { readonly db: Database; readonly tokens: TokenService },
  request: { readonly authorization: string | undefined; readonly workspaceId: string },
): Promise<StateAccess> {
  const { db, tokens } = options
  const { authorization, workspaceId } = request
  const token = await tokens
    .verify(basicPassword(authorization) ?? bearerToken(authorization))
    .catch((error: unknown) => {
      // Terraform gives the reason of a 403 more room than that of a 401.
      if (error instanceof TokenRejectedError && error.reason === 'ended') throw ended()
      throw error
    })
  const workspace = db.get<{ account_id: string }>(
    `SELECT e.account_id FROM workspaces w JOIN environments e ON e.id = w.environment_id WHERE w.id = ?`,
    workspaceId,
  )
  if (token.kind === 'user' || token.kind === 'service-account') {
    if (workspace?.account_id !== token.accountId) {
      throw new StateError(404, `There is no workspace ${workspaceId}, or it is not yours.`)
    }
    const userId = token.kind === 'user' ? token.userId : token.serviceAccountId
    return { caller: { kind: 'user', userId }, recheck: () => tokens.recheck(token) }
  }
  if (token.kind !== 'run' || token.workspaceId !== workspaceId || workspace === undefined) {
    throw new StateError(403, 'The token does not give access to the state of this workspace.')
  }
  const { jobId, fencingToken, runId } = token
  const run = db.get<{ is_dry: number }>('SELECT is_dry FROM runs WHERE id = ?', runId)
  return {
    caller: { kind: 'run', runId, isDry: run?.is_dry === 1 },
    recheck: () => {
      const job = db.get(
        `SELECT 1 AS live FROM jobs
         WHERE id = ? AND fencing_token = ? AND state = 'started' AND run_token_revoked = 0`,
        jobId,
        fencingToken,
      )
      if (job === undefined) throw ended()
    },
  }
}

function ended(): StateError {
  return new StateError(
    403,
    'The run has ended, or its job was given to another agent: its access to the state is over. Nothing was changed.',
  )
}

function basicPassword(authorization: string | undefined): string | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/=_-]+)$/iu.exec(authorization ?? '')?.[1]
  if (encoded === undefined) return undefined
  const decoded = Buffer.from(encoded, 'base64').toString('utf8')
  return decoded.slice(decoded.indexOf(':') + 1)
}

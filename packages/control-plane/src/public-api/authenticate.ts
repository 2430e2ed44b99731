import type { FastifyRequest } from 'fastify'

import { callersOf, type Caller } from '../access/index.ts'
import type { Database } from '../store/index.ts'
import { bearerToken, type TokenService, type VerifiedToken } from '../tokens/index.ts'

import { PublicApiError } from './json-api/index.ts'
import { setUser, type ApiUser } from './public-api.ts'
import { requireOwn } from './run-scope.ts'

/** What the access table does not know is for users. */
const otherwise: readonly Caller[] = ['user']

/**
 * Who asks, and whether the route takes such a token.
 * @throws {@link TokenRejectedError} 401
 * @throws {@link PublicApiError} 404: that is how Scalr answers to what is not permitted
 */
export async function authenticate(
  request: FastifyRequest,
  deps: { readonly db: Database; readonly tokens: TokenService },
): Promise<void> {
  const callers = callersOf(request.method, request.routeOptions.url ?? '') ?? otherwise
  if (callers.includes('anyone')) return
  const token = await deps.tokens.verify(bearerToken(request.headers.authorization))
  const user = callers.includes(token.kind) ? apiUserOf(token, deps.db) : undefined
  if (user === undefined) {
    throw new PublicApiError(404, {
      title: 'Object not found or user unauthorized.',
      detail: `This call takes a ${callers.join(' or ')} token; a ${token.kind} token was sent.`,
    })
  }
  if (token.kind === 'run') requireOwn(deps.db, request, token)
  setUser(request, user)
}

function apiUserOf(token: VerifiedToken, db: Database): ApiUser | undefined {
  switch (token.kind) {
    case 'user':
      return { kind: token.kind, userId: token.userId, accountId: token.accountId }
    case 'service-account':
      return { kind: token.kind, userId: token.serviceAccountId, accountId: token.accountId }
    case 'run': {
      const account = db.get<{ account_id: string }>(
        `SELECT e.account_id FROM workspaces w JOIN environments e ON e.id = w.environment_id WHERE w.id = ?`,
        token.workspaceId,
      )
      if (account === undefined) return undefined
      const { runId, workspaceId } = token
      return { kind: token.kind, userId: runId, accountId: account.account_id, workspaceId }
    }
    case 'pool':
    case 'session':
    case 'job':
      return undefined
  }
}

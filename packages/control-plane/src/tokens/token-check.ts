import type { Clock } from '../runtime/index.ts'
import type { Database } from '../store/index.ts'

import type { OwnClaims } from './token-claims.ts'
import { TokenRejectedError } from './token-rejected-error.ts'
import type { TokenOf, VerifiedToken } from './token-types.ts'

const lastUsedEveryMs = 60_000

interface JobTokenRow {
  readonly state: string
  readonly fencing_token: number
  readonly run_token_revoked: number
}

/** Tokens whose use may outlast their check. */
export type LongLived = TokenOf<'user' | 'service-account' | 'session'>

export interface TokenCheck {
  /** Whether what a sound token stands for is still there: its owner, its job, and no revocation. */
  readonly check: (claims: OwnClaims) => VerifiedToken
  /** Throws when the access token, or the one that a session was opened with, is gone since. */
  readonly recheck: (token: LongLived) => void
}

export function createTokenCheck(options: {
  readonly db: Database
  readonly clock: Clock
}): TokenCheck {
  const { db, clock } = options

  function check(claims: OwnClaims): VerifiedToken {
    const { jti: id, sub } = claims
    switch (claims.kind) {
      case 'user': {
        const user = db.get<{ account_id: string }>(
          'SELECT account_id FROM users WHERE id = ?',
          sub,
        )
        if (user === undefined) throw new TokenRejectedError('revoked')
        checkAccessToken(id)
        return { kind: 'user', id, userId: sub, accountId: user.account_id }
      }
      case 'service-account': {
        const accountId = accountOfProgram(sub)
        checkAccessToken(id)
        return { kind: 'service-account', id, serviceAccountId: sub, accountId }
      }
      case 'pool': {
        const accountId = accountOfPool(sub)
        checkAccessToken(id)
        return { kind: 'pool', id, poolId: sub, accountId }
      }
      case 'session': {
        accountOfPool(claims.pool)
        checkAccessToken(claims.ptk)
        return {
          kind: 'session',
          id,
          agentId: sub,
          sessionId: claims.sid,
          poolId: claims.pool,
          poolTokenId: claims.ptk,
          expiresAt: new Date(claims.exp * 1000),
        }
      }
      case 'job': {
        if (jobRow(sub) === undefined) throw new TokenRejectedError('revoked')
        return {
          kind: 'job',
          id,
          jobId: sub,
          fencingToken: claims.fence,
          agentId: claims.agent,
          expiresAt: new Date(claims.exp * 1000),
        }
      }
      case 'run': {
        const job = jobRow(claims.job)
        if (
          job === undefined ||
          job.run_token_revoked !== 0 ||
          job.state !== 'started' ||
          job.fencing_token !== claims.fence
        ) {
          throw new TokenRejectedError('ended')
        }
        return {
          kind: 'run',
          id,
          workspaceId: sub,
          runId: claims.run,
          jobId: claims.job,
          fencingToken: claims.fence,
          expiresAt: new Date(claims.exp * 1000),
        }
      }
    }
  }

  function recheck(token: LongLived): void {
    switch (token.kind) {
      case 'user':
        checkAccessToken(token.id)
        return
      case 'service-account':
        accountOfProgram(token.serviceAccountId)
        checkAccessToken(token.id)
        return
      case 'session':
        accountOfPool(token.poolId)
        checkAccessToken(token.poolTokenId)
    }
  }

  function accountOfProgram(id: string): string {
    const account = db.get<{ account_id: string; is_active: number }>(
      'SELECT account_id, is_active FROM service_accounts WHERE id = ?',
      id,
    )
    if (account === undefined) throw new TokenRejectedError('revoked')
    if (account.is_active === 0) throw new TokenRejectedError('inactive')
    return account.account_id
  }

  function jobRow(id: string): JobTokenRow | undefined {
    return db.get<JobTokenRow>(
      'SELECT state, fencing_token, run_token_revoked FROM jobs WHERE id = ?',
      id,
    )
  }

  function accountOfPool(poolId: string): string {
    const pool = db.get<{ account_id: string }>(
      'SELECT account_id FROM agent_pools WHERE id = ?',
      poolId,
    )
    if (pool === undefined) throw new TokenRejectedError('revoked')
    return pool.account_id
  }

  function checkAccessToken(id: string): void {
    const row = db.get<{ revoked_at: string | null; last_used_at: string | null }>(
      'SELECT revoked_at, last_used_at FROM access_tokens WHERE id = ?',
      id,
    )
    if (row === undefined || row.revoked_at !== null) throw new TokenRejectedError('revoked')
    const now = clock.now()
    const used = row.last_used_at === null ? 0 : Date.parse(row.last_used_at)
    if (now.getTime() - used < lastUsedEveryMs) return
    db.transaction(
      () => {
        db.run('UPDATE access_tokens SET last_used_at = ? WHERE id = ?', now.toISOString(), id)
      },
      { durable: false },
    )
  }

  return { check, recheck }
}

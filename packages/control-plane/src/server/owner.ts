import type { Clock, IdSource } from '../runtime/index.ts'
import type { Database } from '../store/index.ts'
import type { TokenService } from '../tokens/index.ts'

export interface Owner {
  readonly accountId: string
  readonly userId: string
  readonly token: string
}

const tokenName = 'owner'

/** The built-in account with its one user and token, made on the first start. */
export async function ensureOwner(
  deps: { readonly db: Database; readonly clock: Clock; readonly ids: IdSource },
  tokens: TokenService,
): Promise<Owner> {
  const { accountId, userId } = ensureAccount(deps)
  const row = deps.db.get<{ id: string }>(
    `SELECT id FROM access_tokens
     WHERE kind = 'user' AND owner_id = ? AND name = ? AND revoked_at IS NULL ORDER BY created_at DESC LIMIT 1`,
    userId,
    tokenName,
  )
  const again = row === undefined ? undefined : await tokens.reissueUserToken(row.id)
  // Whoever holds the data directory owns all of it: a revoked owner token is replaced on the next start.
  const token =
    again ??
    (
      await tokens.issue({
        kind: 'user',
        userId,
        name: tokenName,
        description: 'Made with the data directory',
        createdBy: userId,
      })
    ).token
  return { accountId, userId, token }
}

function ensureAccount(deps: {
  readonly db: Database
  readonly clock: Clock
  readonly ids: IdSource
}): { readonly accountId: string; readonly userId: string } {
  const { db, clock, ids } = deps
  return db.transaction(() => {
    const present = db.get<{ id: string; account_id: string }>(
      'SELECT id, account_id FROM users ORDER BY created_at, id LIMIT 1',
    )
    if (present !== undefined) return { accountId: present.account_id, userId: present.id }
    const now = clock.now().toISOString()
    const accountId = ids('acc')
    const userId = ids('user')
    db.run('INSERT INTO accounts (id, name, created_at) VALUES (?, ?, ?)', accountId, 'local', now)
    db.run(
      'INSERT INTO users (id, account_id, email, created_at) VALUES (?, ?, ?, ?)',
      userId,
      accountId,
      'owner@localhost',
      now,
    )
    return { accountId, userId }
  })
}

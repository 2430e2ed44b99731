import { randomBytes } from 'node:crypto'

import type { Clock, IdSource } from '../runtime/index.ts'
import type { Database } from '../store/index.ts'

export interface SigningKey {
  readonly id: string
  readonly secret: Uint8Array
}

/** The key that signs, made on the first start and kept since. */
export function ensureSigningKey(
  db: Database,
  options: { readonly clock: Clock; readonly ids: IdSource },
): SigningKey {
  return db.transaction(() => {
    const present = db.get<SigningKey>(
      'SELECT id, secret FROM signing_keys ORDER BY created_at DESC, id LIMIT 1',
    )
    if (present !== undefined) return present
    const key = { id: options.ids('key'), secret: new Uint8Array(randomBytes(32)) }
    db.run(
      'INSERT INTO signing_keys (id, secret, created_at) VALUES (?, ?, ?)',
      key.id,
      key.secret,
      options.clock.now().toISOString(),
    )
    return key
  })
}

/** Every key, since a token may be older than the newest one. */
export function findSigningKey(db: Database, id: string): SigningKey | undefined {
  return db.get<SigningKey>('SELECT id, secret FROM signing_keys WHERE id = ?', id)
}

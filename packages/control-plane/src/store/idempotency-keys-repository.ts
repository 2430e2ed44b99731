import type { Database } from './database.ts'

export interface IdempotencyKeyRow {
  readonly key: string
  readonly status: number
  readonly body: string
  readonly created_at: string
}

/** Answers that were given, so that a retry gets the same. Bodies with a secret are never put here. */
export class IdempotencyKeysRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  get(key: string): IdempotencyKeyRow | undefined {
    return this.#db.get<IdempotencyKeyRow>('SELECT * FROM idempotency_keys WHERE key = ?', key)
  }

  put(row: IdempotencyKeyRow): void {
    this.#db.run(
      'INSERT OR REPLACE INTO idempotency_keys (key, status, body, created_at) VALUES (?, ?, ?, ?)',
      row.key,
      row.status,
      row.body,
      row.created_at,
    )
  }

  removeBefore(before: string): void {
    this.#db.run('DELETE FROM idempotency_keys WHERE created_at < ?', before)
  }
}

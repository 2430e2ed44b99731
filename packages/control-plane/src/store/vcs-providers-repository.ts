import type { Database } from './database.ts'

export interface VcsProviderRow {
  readonly id: string
  readonly account_id: string
  readonly name: string
  readonly vcs_type: string
  readonly url: string
  readonly agent_pool_id: string
  readonly vcs_name: string | null
  readonly draft_pr_runs: number
  readonly webhook_secret: string | null
  readonly error_message: string | null
}

/** VCSs that agents reach. */
export class VcsProvidersRepository {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  get(id: string): VcsProviderRow | undefined {
    return this.#db.get<VcsProviderRow>('SELECT * FROM vcs_providers WHERE id = ?', id)
  }

  ofPool(poolId: string): VcsProviderRow[] {
    return this.#db.all<VcsProviderRow>(
      'SELECT * FROM vcs_providers WHERE agent_pool_id = ? ORDER BY created_at, id',
      poolId,
    )
  }

  all(): VcsProviderRow[] {
    return this.#db.all<VcsProviderRow>('SELECT * FROM vcs_providers')
  }

  /** What the last call came to; `null`: it went well. Writes only what is new. */
  setError(id: string, message: string | null): void {
    this.#db.run(
      'UPDATE vcs_providers SET error_message = ? WHERE id = ? AND error_message IS NOT ?',
      message,
      id,
      message,
    )
  }

  /** @returns `false` for a webhook that was taken before. Inside the transaction that keeps what it says. */
  takeWebhook(poolId: string, webhookId: string, at: string): boolean {
    return (
      this.#db.run(
        'INSERT INTO vcs_webhooks (pool_id, id, received_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
        poolId,
        webhookId,
        at,
      ) > 0
    )
  }

  /** @returns `false` for an event that was taken before, whichever agent it came through. As above. */
  takeDelivery(id: string, deliveryId: string, at: string): boolean {
    return (
      this.#db.run(
        'INSERT INTO vcs_deliveries (vcs_provider_id, delivery_id, received_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
        id,
        deliveryId,
        at,
      ) > 0
    )
  }

  forgetWebhooks(before: string): void {
    this.#db.run('DELETE FROM vcs_webhooks WHERE received_at < ?', before)
  }

  forgetDeliveries(before: string): void {
    this.#db.run('DELETE FROM vcs_deliveries WHERE received_at < ?', before)
  }
}

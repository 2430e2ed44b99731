import type { RelayWebhook, WebhookSink } from '../../../src/relay-webhook.ts'

/** A sink of a test: keeps what it takes, and fails where the test says so. */
export class MemorySink implements WebhookSink {
  readonly taken: RelayWebhook[] = []
  readonly attempts: string[] = []
  /** Called before one is taken; throws to fail. */
  before: (webhook: RelayWebhook, signal: AbortSignal) => void | Promise<void> = () => {}
  /** At one time, at most. */
  mostAtOnce = 0
  #now = 0

  async deliver(webhook: RelayWebhook, options: { readonly signal: AbortSignal }): Promise<void> {
    this.attempts.push(webhook.deliveryId ?? webhook.id)
    this.#now += 1
    this.mostAtOnce = Math.max(this.mostAtOnce, this.#now)
    try {
      await this.before(webhook, options.signal)
      this.taken.push(webhook)
    } finally {
      this.#now -= 1
    }
  }

  deliveryIds(): readonly (string | undefined)[] {
    return this.taken.map(({ deliveryId }) => deliveryId)
  }
}

import type { HeaderPairs } from './relay-exchange.ts'

/** A webhook of a VCS as it arrived: raw bytes and all header lines, since signatures cover both. */
export interface RelayWebhook {
  /** Of the spool; the same for every delivery of this webhook to the control plane. */
  readonly id: string
  readonly vcs: string
  /** The delivery's own id (X-GitHub-Delivery, Idempotency-Key, …), where it has one. */
  readonly deliveryId: string | undefined
  /** ISO 8601. */
  readonly receivedAt: string
  readonly target: string
  readonly headers: HeaderPairs
  readonly body: Uint8Array
  /** Whether the agent checked its signature: it knows the secret, or it does not. */
  readonly signature: 'verified' | 'unchecked'
}

/**
 * Where the agent's spool delivers to. Resolves when the control plane has it for good; rejects with a
 * WebhookRefusedError when it will never take it, which parks the webhook. Any other error is tried again.
 */
export interface WebhookSink {
  deliver(webhook: RelayWebhook, options: { readonly signal: AbortSignal }): Promise<void>
}

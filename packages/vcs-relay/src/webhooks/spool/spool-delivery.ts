import type { Clock } from '@scalr-agent/core'
import type { Logger } from '@scalr-agent/core/runtime'

import type { RelayWebhook, WebhookSink } from '../../relay-webhook.ts'
import { WebhookRefusedError } from '../../webhook-refused-error.ts'

import type { DeliveredIds } from './delivered-ids.ts'
import { DeliveryLanes, type DeliveryResult } from './delivery-lanes.ts'
import { messageOf } from './lock-spool.ts'
import type { SpoolEntry } from './spool-entry.ts'
import type { SpoolFile, SpoolFiles } from './spool-files.ts'
import type { SpoolIndex, WaitingWebhook } from './spool-index.ts'

export interface SpoolDeliveryOptions {
  readonly sink: WebhookSink
  readonly files: SpoolFiles
  readonly delivered: DeliveredIds
  readonly index: SpoolIndex
  readonly concurrency: number
  readonly attempts: number
  readonly deliveryMs: number
  readonly retry: { readonly minMs?: number; readonly maxMs?: number }
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Brings what waits to the control plane. A crash at any point has a webhook delivered again, under the
 * same id: it is removed only after it was noted as delivered, and noted only after it was.
 */
export class SpoolDelivery {
  readonly #options: SpoolDeliveryOptions
  readonly #lanes: DeliveryLanes<WaitingWebhook>
  readonly #closing = new AbortController()
  /** Deliveries that had gone through when a webhook failed for the first time. */
  readonly #before = new Map<string, number>()
  #deliveries = 0

  constructor(options: SpoolDeliveryOptions) {
    this.#options = options
    const { concurrency, attempts, retry } = options
    this.#lanes = new DeliveryLanes({
      attempt: (item, failures) => this.#attempt(item, failures),
      concurrency,
      attempts,
      retry,
    })
  }

  push(waiting: WaitingWebhook): void {
    this.#lanes.push(waiting)
  }

  wake(): void {
    this.#lanes.wake()
  }

  /** Sets a file aside, with the reason. */
  async park(file: SpoolFile, reason: string): Promise<void> {
    const { files, index, clock, logger } = this.#options
    await files.park(file, { parkedAt: clock.now().toISOString(), reason })
    index.addParked(file)
    index.removeWaiting(file.id)
    this.#before.delete(file.id)
    logger.error({ webhook: file.id, reason }, 'A webhook was parked: it will not be delivered')
  }

  /** Breaks off what is being delivered. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('The webhook spool is closed'))
    await this.#lanes.close()
  }

  async #attempt(item: WaitingWebhook, failures: number): Promise<DeliveryResult> {
    try {
      return await this.#deliver(item, failures)
    } catch (error) {
      const { logger } = this.#options
      logger.error({ webhook: item.id, err: error }, 'The webhook spool could not be written')
      return 'failed'
    }
  }

  async #deliver(item: WaitingWebhook, failures: number): Promise<DeliveryResult> {
    const { files, sink, delivered, index, deliveryMs } = this.#options
    let entry: SpoolEntry
    try {
      entry = await files.read(item)
    } catch (error) {
      await this.park(item, `its file cannot be read: ${messageOf(error)}`)
      return 'settled'
    }
    try {
      const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(deliveryMs)])
      await sink.deliver(toWebhook(entry), { signal })
    } catch (error) {
      return await this.#afterFailure(item, error, failures + 1)
    }
    await delivered.add(item.id, item.key)
    await files.remove(item)
    this.#deliveries += 1
    this.#before.delete(item.id)
    index.removeWaiting(item.id)
    index.bytes -= item.bytes
    return 'settled'
  }

  async #afterFailure(
    item: WaitingWebhook,
    error: unknown,
    failures: number,
  ): Promise<DeliveryResult> {
    if (this.#closing.signal.aborted) return 'failed'
    if (error instanceof WebhookRefusedError) {
      await this.park(item, `the control plane refused it: ${error.message}`)
      return 'settled'
    }
    const before = this.#before.get(item.id) ?? this.#deliveries
    this.#before.set(item.id, before)
    // During an outage nothing goes through, and nothing is at fault but the outage.
    if (failures >= this.#options.attempts && this.#deliveries > before) {
      await this.park(
        item,
        `${failures} attempts failed while others went through; the last: ${messageOf(error)}`,
      )
      return 'settled'
    }
    const fields = { webhook: item.id, failures, err: error }
    // Once for an outage, not once for an attempt.
    if (failures === 1) this.#options.logger.warn(fields, 'A webhook waits for its next attempt')
    else this.#options.logger.debug(fields, 'A webhook waits for its next attempt')
    return 'failed'
  }
}

function toWebhook(entry: SpoolEntry): RelayWebhook {
  const { id, vcs, deliveryId, receivedAt, target, headers, body, signature } = entry
  return { id, vcs, deliveryId, receivedAt, target, headers, body, signature }
}

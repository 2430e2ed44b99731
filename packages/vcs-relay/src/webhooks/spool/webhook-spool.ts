import { join } from 'node:path'

import { ScalrAgentError, systemClock } from '@scalr-agent/core'
import { randomId, silentLogger } from '@scalr-agent/core/runtime'

import { DeliveredIds } from './delivered-ids.ts'
import { lockSpool, messageOf, unusable } from './lock-spool.ts'
import { SpoolDelivery } from './spool-delivery.ts'
import type { SpoolEntry } from './spool-entry.ts'
import { SpoolFiles, type SpoolFile } from './spool-files.ts'
import { SpoolFullError } from './spool-full-error.ts'
import { keyOf, SpoolIndex } from './spool-index.ts'
import {
  resolveSpoolOptions,
  type ParkedWebhook,
  type ResolvedSpoolOptions,
  type WebhookSpoolOptions,
  type WebhookSpoolStatus,
} from './spool-options.ts'

interface SpoolParts {
  readonly files: SpoolFiles
  readonly delivered: DeliveredIds
  readonly index: SpoolIndex
  readonly delivery: SpoolDelivery
  readonly release: () => Promise<void>
}

/**
 * Keeps webhooks for good until the control plane has them: fsynced files, delivered in the order of
 * their projects, again and again, under an id that stays the same. What cannot be delivered is parked with
 * the reason, never dropped.
 */
export class WebhookSpool implements AsyncDisposable {
  readonly #options: ResolvedSpoolOptions
  readonly #parts: SpoolParts
  readonly #writes = new Set<Promise<unknown>>()
  #sequence = 0
  #closing: Promise<void> | undefined

  private constructor(options: ResolvedSpoolOptions, parts: SpoolParts) {
    this.#options = options
    this.#parts = parts
  }

  /**
   * Opens a spool, and begins to deliver what lies in it.
   *
   * @throws ConfigurationError when the directory is not usable, or another process uses it
   */
  static async open(options: WebhookSpoolOptions): Promise<WebhookSpool> {
    const resolved = resolveSpoolOptions(options, {
      clock: systemClock,
      ids: randomId,
      logger: silentLogger,
    })
    const { directory } = resolved
    const release = await lockSpool(directory)
    try {
      const files = new SpoolFiles(directory)
      const found = await files.open()
      const path = join(directory, 'delivered.log')
      const delivered = await DeliveredIds.open({ ...resolved, path })
      const index = new SpoolIndex()
      const delivery = new SpoolDelivery({ ...resolved, files, delivered, index })
      const spool = new WebhookSpool(resolved, { files, delivered, index, delivery, release })
      await spool.#recover(found)
      return spool
    } catch (cause) {
      await release()
      throw ScalrAgentError.isInstance(cause) ? cause : unusable(directory, cause)
    }
  }

  /**
   * Keeps a webhook for good before it resolves; a delivery that is known already is not kept again.
   *
   * @throws SpoolFullError
   */
  async add(
    webhook: Omit<SpoolEntry, 'id'>,
  ): Promise<{ readonly id: string; readonly isNew: boolean }> {
    if (this.#closing !== undefined) throw new Error('The webhook spool is closed')
    const { index, delivered } = this.#parts
    const key = keyOf(webhook)
    const known = key === undefined ? undefined : (index.idOf(key) ?? delivered.idOf(key))
    if (known !== undefined) return { id: await known, isNew: false }
    const written = this.#write({ ...webhook, id: this.#options.ids('whk') })
    this.#writes.add(written)
    if (key !== undefined) index.announce(key, written)
    try {
      return { id: await written, isNew: true }
    } finally {
      this.#writes.delete(written)
    }
  }

  status(): WebhookSpoolStatus {
    const { waiting, parked, bytes } = this.#parts.index
    const times = [...waiting.values()].map(({ receivedAt }) => receivedAt)
    return {
      waiting: waiting.size,
      parked: parked.size,
      bytes,
      maxBytes: this.#options.maxBytes,
      oldestReceivedAt: times.toSorted()[0],
    }
  }

  /** What was parked, and why. */
  async parked(): Promise<readonly ParkedWebhook[]> {
    const { index, files } = this.#parts
    return await Promise.all(
      [...index.parked.values()].map(async (file) => {
        const { reason, entry } = await files.readParked(file)
        const { vcs, deliveryId, receivedAt } = entry ?? {}
        return { id: file.id, vcs, deliveryId, receivedAt, ...reason }
      }),
    )
  }

  /** Has a parked webhook delivered after all. @returns whether there was one of that id */
  async retryParked(id: string): Promise<boolean> {
    const file = this.#parts.index.takeParked(id)
    if (file === undefined) return false
    await this.#parts.files.unpark(file)
    await this.#enqueue(file)
    return true
  }

  /** Removes a parked webhook for good. @returns whether there was one of that id */
  async discardParked(id: string): Promise<boolean> {
    const file = this.#parts.index.takeParked(id)
    if (file === undefined) return false
    await this.#parts.files.removeParked(file)
    this.#parts.index.bytes -= file.bytes
    return true
  }

  /** The control plane is reachable again: what waits for its next attempt is tried now. */
  wake(): void {
    this.#parts.delivery.wake()
  }

  /** Resolves when nothing waits. */
  async untilEmpty(): Promise<void> {
    await this.#parts.index.untilEmpty()
  }

  /** Breaks off what is being delivered; it waits for the next start. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    const { delivery, delivered, release } = this.#parts
    await Promise.allSettled(this.#writes)
    await delivery.close()
    await delivered.close()
    await release()
  }

  async #recover(found: {
    readonly waiting: readonly SpoolFile[]
    readonly parked: readonly SpoolFile[]
  }): Promise<void> {
    const { index } = this.#parts
    for (const file of [...found.waiting, ...found.parked]) {
      index.bytes += file.bytes
      this.#sequence = Math.max(this.#sequence, file.sequence)
    }
    for (const file of found.parked) index.addParked(file)
    for (const file of found.waiting) await this.#enqueue(file)
    const { waiting, parked } = this.status()
    if (waiting + parked > 0) {
      this.#options.logger.info({ waiting, parked }, 'Webhooks lay in the spool')
    }
  }

  /** Takes a file that lies there into the lanes; unless it was delivered, or cannot be read. */
  async #enqueue(file: SpoolFile): Promise<void> {
    const { files, index, delivered, delivery } = this.#parts
    if (delivered.hasId(file.id)) {
      await files.remove(file)
      index.bytes -= file.bytes
      return
    }
    let entry: SpoolEntry
    try {
      entry = await files.read(file)
    } catch (error) {
      await delivery.park(file, `its file cannot be read: ${messageOf(error)}`)
      return
    }
    delivery.push(index.addWaiting(file, entry))
  }

  async #write(entry: SpoolEntry): Promise<string> {
    const { files, index, delivery } = this.#parts
    const { maxBytes, directory } = this.#options
    // The head is small, for headers are limited; the quota need not be exact to a block.
    const bytes = entry.body.byteLength + 8192
    if (index.bytes + bytes > maxBytes) {
      throw new SpoolFullError(
        `Cannot keep a webhook: the spool in ${directory} holds ${index.bytes} of ${maxBytes} bytes. ` +
          'Look why the control plane takes none, remove what is parked, or give it more room.',
      )
    }
    index.bytes += bytes
    this.#sequence += 1
    try {
      const file = await files.write(this.#sequence, entry)
      index.bytes += file.bytes
      delivery.push(index.addWaiting(file, entry))
      return entry.id
    } catch (error) {
      if (!isDiskFull(error)) throw error
      throw new SpoolFullError(
        `Cannot keep a webhook: the disk of ${directory} is full. Make room on it.`,
        { cause: error },
      )
    } finally {
      index.bytes -= bytes
    }
  }
}

function isDiskFull(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && ['ENOSPC', 'EDQUOT'].includes(String(error.code))
  )
}

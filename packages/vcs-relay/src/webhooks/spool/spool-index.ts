import type { RelayWebhook } from '../../relay-webhook.ts'

import type { SpoolEntry } from './spool-entry.ts'
import type { SpoolFile } from './spool-files.ts'

/** A webhook that waits to be delivered. */
export interface WaitingWebhook extends SpoolFile {
  /** Those of one lane are delivered in their order. */
  readonly lane: string
  /** What a second sending of it is known by. */
  readonly key: string | undefined
  readonly receivedAt: string
}

/** What lies in the spool, in memory: everything but the bodies. */
export class SpoolIndex {
  readonly #waiting = new Map<string, WaitingWebhook>()
  readonly #parked = new Map<string, SpoolFile>()
  /** Ids by key, of what waits and of what is being written. */
  readonly #ids = new Map<string, Promise<string>>()
  #emptied: (() => void)[] = []
  /** Of what waits, is parked or is being written. */
  bytes = 0

  get waiting(): ReadonlyMap<string, WaitingWebhook> {
    return this.#waiting
  }

  get parked(): ReadonlyMap<string, SpoolFile> {
    return this.#parked
  }

  idOf(key: string): Promise<string> | undefined {
    return this.#ids.get(key)
  }

  /** Until that is written, a second sending waits for how it ends. */
  announce(key: string, id: Promise<string>): void {
    this.#ids.set(key, id)
    id.catch(() => {
      if (this.#ids.get(key) === id) this.#ids.delete(key)
    })
  }

  addWaiting(file: SpoolFile, entry: SpoolEntry): WaitingWebhook {
    const { vcs, project, receivedAt } = entry
    const key = keyOf(entry)
    const waiting = { ...file, lane: JSON.stringify([vcs, project]), key, receivedAt }
    this.#waiting.set(file.id, waiting)
    if (key !== undefined && !this.#ids.has(key)) this.#ids.set(key, Promise.resolve(file.id))
    return waiting
  }

  removeWaiting(id: string): void {
    const key = this.#waiting.get(id)?.key
    if (key !== undefined) this.#ids.delete(key)
    this.#waiting.delete(id)
    if (this.#waiting.size === 0) for (const resolve of this.#emptied.splice(0)) resolve()
  }

  addParked(file: SpoolFile): void {
    this.#parked.set(file.id, file)
  }

  /** Takes it out, so that two callers do not both work on it. */
  takeParked(id: string): SpoolFile | undefined {
    const file = this.#parked.get(id)
    this.#parked.delete(id)
    return file
  }

  /** Resolves when nothing waits. */
  async untilEmpty(): Promise<void> {
    if (this.#waiting.size > 0) await new Promise<void>((resolve) => this.#emptied.push(resolve))
  }
}

/** What a delivery is known by when it is sent again; `undefined` where the forge gave it no id. */
export function keyOf(webhook: Pick<RelayWebhook, 'vcs' | 'deliveryId'>): string | undefined {
  const { vcs, deliveryId } = webhook
  return deliveryId === undefined ? undefined : JSON.stringify([vcs, deliveryId])
}

import type { Readable } from 'node:stream'

import type { Clock } from '@scalr-agent/core'

import type { EngineClient } from './engine-client.ts'
import { labelNames } from '../container/labels.ts'

/** How long to do without events after they broke off. */
const pauseMs = 1000

/**
 * Wakes those who wait for containers when one of ours ends. One stream for all, and only while somebody
 * waits. A hint, never a proof: events are missed while the engine is away, so waiters ask again anyway.
 */
export class EngineEvents {
  readonly #client: EngineClient
  readonly #clock: Clock
  readonly #waiting = new Set<() => void>()
  #users = 0
  #stop: AbortController | undefined

  constructor(client: EngineClient, clock: Clock) {
    this.#client = client
    this.#clock = clock
  }

  /** Holds the stream open until disposed. */
  watch(): Disposable {
    this.#users += 1
    if (this.#users === 1) this.#start()
    let over = false
    return {
      [Symbol.dispose]: () => {
        if (over) return
        over = true
        this.#users -= 1
        if (this.#users === 0) this.#stop?.abort()
      },
    }
  }

  /** Resolves at the next event, or after `limitMs`. */
  async next(limitMs: number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController()
    const wake = (): void => woken.abort()
    this.#waiting.add(wake)
    try {
      await this.#clock.sleep(limitMs, { signal: AbortSignal.any([signal, woken.signal]) })
    } catch (error) {
      signal.throwIfAborted()
      if (!woken.signal.aborted) throw error
    } finally {
      this.#waiting.delete(wake)
    }
  }

  #start(): void {
    const stop = new AbortController()
    this.#stop = stop
    const run = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        await this.#listen(stop.signal).catch(() => {})
        await this.#clock.sleep(pauseMs, { signal: stop.signal }).catch(() => {})
      }
    }
    run().catch(() => {})
  }

  async #listen(signal: AbortSignal): Promise<void> {
    const filters = { type: ['container'], event: ['die', 'destroy'], label: [labelNames.workload] }
    const stream: Readable = await this.#client.events(filters, signal)
    const end = (): void => {
      stream.destroy()
    }
    stream.on('error', () => {})
    signal.addEventListener('abort', end, { once: true })
    try {
      // What happened before the stream was open was not told.
      this.#wake()
      for await (const _chunk of stream) this.#wake()
    } finally {
      signal.removeEventListener('abort', end)
    }
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
  }
}

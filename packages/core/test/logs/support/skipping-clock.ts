import type { Clock } from '../../../src/runtime/index.ts'

/** A clock on which every sleep is over at once, but for those as long as a time-out. */
export class SkippingClock implements Clock {
  readonly sleeps: number[] = []
  readonly #timeoutMs: number
  #nowMs = 0

  constructor(timeoutMs = 60_000) {
    this.#timeoutMs = timeoutMs
  }

  now(): Date {
    return new Date(this.#nowMs)
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  async sleep(ms: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<void> {
    const signal = options?.signal
    signal?.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
      if (ms === this.#timeoutMs) return
      this.sleeps.push(ms)
      this.#nowMs += ms
      setImmediate(resolve)
    })
  }
}

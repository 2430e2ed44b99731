import type { Clock } from '../../../src/runtime/index.ts'

interface Sleeper {
  readonly ms: number
  readonly wakeAtMs: number
  readonly wake: () => void
}

/** A clock that stands still until it is told to go on. */
export class ManualClock implements Clock {
  #nowMs = 0
  #sleepers: Sleeper[] = []
  #watchers: (() => void)[] = []

  now(): Date {
    return new Date(this.#nowMs)
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  async sleep(ms: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<void> {
    options?.signal?.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      const sleeper: Sleeper = { ms, wakeAtMs: this.#nowMs + ms, wake: resolve }
      this.#sleepers.push(sleeper)
      options?.signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
        reject(options.signal?.reason)
      })
      for (const watcher of this.#watchers.splice(0)) watcher()
    })
  }

  /** Resolves when somebody sleeps for exactly `ms`. */
  async sleeping(ms: number): Promise<void> {
    while (!this.#sleepers.some((sleeper) => sleeper.ms === ms)) {
      await new Promise<void>((resolve) => {
        this.#watchers.push(resolve)
      })
    }
  }

  advance(ms: number): void {
    this.#nowMs += ms
    const due = this.#sleepers.filter(({ wakeAtMs }) => wakeAtMs <= this.#nowMs)
    this.#sleepers = this.#sleepers.filter(({ wakeAtMs }) => wakeAtMs > this.#nowMs)
    for (const { wake } of due) wake()
  }
}

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

import type { BootClock, Clock } from '../../src/runtime/index.ts'

interface Sleeper {
  readonly ms: number
  readonly atMs: number
  readonly wake: () => void
}

/** Time that stands still until a test moves it on. */
export class ManualClock implements Clock, BootClock {
  readonly bootId = 'boot-of-the-test'
  readonly #startedAt = Date.parse('2026-01-01T00:00:00Z')
  #sleepers: Sleeper[] = []
  readonly #watchers = new Set<() => void>()
  #ms = 1_000_000

  now(): Date {
    return new Date(this.#startedAt + this.#ms)
  }

  monotonicMs(): number {
    return this.#ms
  }

  nowMs(): number {
    return this.#ms
  }

  get sleeping(): number {
    return this.#sleepers.length
  }

  sleep(ms: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<void> {
    const { signal } = options ?? {}
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason as Error)
        return
      }
      const abort = (): void => {
        this.#sleepers = this.#sleepers.filter((one) => one !== sleeper)
        reject(signal?.reason as Error)
      }
      const sleeper: Sleeper = {
        ms,
        atMs: this.#ms + ms,
        wake: () => {
          signal?.removeEventListener('abort', abort)
          resolve()
        },
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.#sleepers.push(sleeper)
      for (const look of this.#watchers) look()
    })
  }

  /** Resolves when somebody sleeps for exactly `ms`. */
  async untilSleeping(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!this.#sleepers.some((sleeper) => sleeper.ms === ms)) return
        this.#watchers.delete(look)
        resolve()
      }
      this.#watchers.add(look)
      look()
    })
  }

  /** Moves time on, waking sleepers in their order, and lets what they do settle. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#ms + ms
    for (;;) {
      await settle()
      const [next] = this.#sleepers.toSorted((a, b) => a.atMs - b.atMs)
      if (next === undefined || next.atMs > untilMs) break
      this.#ms = Math.max(this.#ms, next.atMs)
      this.#sleepers = this.#sleepers.filter((one) => one !== next)
      next.wake()
    }
    this.#ms = untilMs
    await settle()
  }
}

/** Lets everything run that can run now, disk writes included. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) {
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
}

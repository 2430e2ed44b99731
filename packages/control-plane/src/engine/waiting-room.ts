import type { Clock } from '../runtime/index.ts'

/** Holds requests open until something happens that concerns them: the server's side of a long-poll. */
export class WaitingRoom {
  readonly #clock: Clock
  readonly #waiting = new Map<string, Set<Waiter<unknown>>>()
  #closed = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Resolves with what `attempt` gives, now or when its key is woken, or with `undefined` after `waitMs`,
   * when the signal aborts or at the end.
   */
  async wait<T>(options: {
    readonly key: string
    readonly waitMs: number
    readonly signal: AbortSignal
    /** `undefined`: nothing yet. Throwing ends the wait. */
    readonly attempt: () => T | undefined
  }): Promise<T | undefined> {
    const { key, waitMs, signal } = options
    // Nothing may be given to a client that has gone.
    const attempt = (): T | undefined => (signal.aborted ? undefined : options.attempt())
    if (signal.aborted) return undefined
    const first = attempt()
    if (first !== undefined || waitMs <= 0 || this.#closed) return first
    const timer = new AbortController()
    const result = await new Promise<T | undefined>((resolve, reject) => {
      const waiter: Waiter<T> = { attempt, resolve, reject }
      this.#add(key, waiter)
      this.#clock
        .sleep(waitMs, { signal: AbortSignal.any([signal, timer.signal]) })
        .catch(() => {})
        .then(() => {
          this.#remove(key, waiter)
          resolve(undefined)
        })
        .catch(reject)
    })
    timer.abort()
    return result
  }

  /** Asks those that wait for `key` again, longest waiting first, each at most once. */
  wake(key: string): void {
    for (const waiter of this.#waiting.get(key) ?? []) {
      let value: unknown
      try {
        value = waiter.attempt()
      } catch (error) {
        this.#remove(key, waiter)
        waiter.reject(error)
        continue
      }
      if (value === undefined) continue
      this.#remove(key, waiter)
      waiter.resolve(value)
    }
  }

  /** Lets everybody go with nothing, and nobody wait any more. */
  close(): void {
    this.#closed = true
    for (const waiters of this.#waiting.values()) {
      for (const waiter of waiters) waiter.resolve(undefined)
    }
    this.#waiting.clear()
  }

  #add<T>(key: string, waiter: Waiter<T>): void {
    const waiters = this.#waiting.get(key) ?? new Set()
    waiters.add(waiter)
    this.#waiting.set(key, waiters)
  }

  #remove<T>(key: string, waiter: Waiter<T>): void {
    const waiters = this.#waiting.get(key)
    waiters?.delete(waiter)
    if (waiters?.size === 0) this.#waiting.delete(key)
  }
}

interface Waiter<T> {
  attempt(): T | undefined
  resolve(value: T | undefined): void
  reject(error: unknown): void
}

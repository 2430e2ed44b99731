import type { Clock } from '../runtime/index.ts'

/** Holds requests open until something happens that concerns them: the server's side of a long-poll. */
export class WaitingRoom {
  readonly #clock: Clock
  readonly #byKey: WaiterMap = new Map()
  readonly #byOwner: WaiterMap = new Map()
  #closed = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Resolves with what `attempt` gives, now or when its key is woken, or with `undefined` after `waitMs`,
   * when the signal aborts or at the end.
   */
  async wait<T>(options: {
    /** What it waits for. */
    readonly key: string
    /** Who waits. */
    readonly owner: string
    readonly waitMs: number
    readonly signal: AbortSignal
    /** `undefined`: nothing yet. Throwing ends the wait. */
    readonly attempt: () => T | undefined
  }): Promise<T | undefined> {
    const { key, owner, waitMs, signal } = options
    // Nothing may be given to a client that has gone.
    const attempt = (): T | undefined => (signal.aborted ? undefined : options.attempt())
    if (signal.aborted) return undefined
    const first = attempt()
    if (first !== undefined || waitMs <= 0 || this.#closed) return first
    const timer = new AbortController()
    const result = await new Promise<T | undefined>((resolve, reject) => {
      const waiter: Waiter<T> = { key, owner, attempt, resolve, reject }
      this.#add(waiter)
      this.#clock
        .sleep(waitMs, { signal: AbortSignal.any([signal, timer.signal]) })
        .catch(() => {})
        .then(() => {
          this.#remove(waiter)
          resolve(undefined)
        })
        .catch(reject)
    }).finally(() => timer.abort())
    return result
  }

  /**
   * Asks those that wait for `key` again, longest waiting first, each at most once, as long as there is
   * something to give: with a thousand agents waiting, one job must not cost a thousand questions.
   */
  wake(key: string, hasMore: () => boolean = () => true): void {
    for (const waiter of this.#byKey.get(key) ?? []) {
      if (!hasMore()) return
      this.#ask(waiter)
    }
  }

  /** Asks again whatever this owner waits for: its rights to it have changed. */
  recheck(owner: string): void {
    for (const waiter of this.#byOwner.get(owner) ?? []) this.#ask(waiter)
  }

  /** Lets everybody go with nothing, and nobody wait any more. */
  close(): void {
    this.#closed = true
    for (const waiters of this.#byKey.values()) {
      for (const waiter of waiters) waiter.resolve(undefined)
    }
    this.#byKey.clear()
    this.#byOwner.clear()
  }

  #ask(waiter: Waiter<unknown>): void {
    try {
      const value = waiter.attempt()
      if (value === undefined) return
      waiter.resolve(value)
    } catch (error) {
      waiter.reject(error)
    }
    this.#remove(waiter)
  }

  #add(waiter: Waiter<unknown>): void {
    addTo(this.#byKey, waiter.key, waiter)
    addTo(this.#byOwner, waiter.owner, waiter)
  }

  #remove(waiter: Waiter<unknown>): void {
    removeFrom(this.#byKey, waiter.key, waiter)
    removeFrom(this.#byOwner, waiter.owner, waiter)
  }
}

type WaiterMap = Map<string, Set<Waiter<unknown>>>

function addTo(map: WaiterMap, name: string, waiter: Waiter<unknown>): void {
  const waiters = map.get(name) ?? new Set()
  waiters.add(waiter)
  map.set(name, waiters)
}

function removeFrom(map: WaiterMap, name: string, waiter: Waiter<unknown>): void {
  const waiters = map.get(name)
  waiters?.delete(waiter)
  if (waiters?.size === 0) map.delete(name)
}

interface Waiter<T> {
  readonly key: string
  readonly owner: string
  attempt(): T | undefined
  resolve(value: T | undefined): void
  reject(error: unknown): void
}

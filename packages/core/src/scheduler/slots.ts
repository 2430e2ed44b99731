import { IllegalStateError } from '../errors/index.ts'

/** Permission to hold one job. Given back exactly once. */
export interface Slot {
  readonly number: number
  release(): void
}

/**
 * The agent's slots: a fixed number of permits. A slot is reserved *before* work is asked for, so that
 * a job is never taken that cannot be run.
 */
export class Slots {
  readonly total: number
  readonly #free: number[]
  readonly #waiting = new Set<() => void>()
  readonly #onChange: (change: 'reserve' | 'release', slot: number) => void

  constructor(
    total: number,
    onChange: (change: 'reserve' | 'release', slot: number) => void = () => {},
  ) {
    this.total = total
    this.#free = Array.from({ length: total }, (_, index) => total - index)
    this.#onChange = onChange
  }

  get free(): number {
    return this.#free.length
  }

  /** A slot, or `undefined` when all are taken. */
  reserve(): Slot | undefined {
    const number = this.#free.pop()
    if (number === undefined) return undefined
    this.#onChange('reserve', number)
    let released = false
    return {
      number,
      release: () => {
        if (released) throw new IllegalStateError(`Slot ${number} was released twice.`)
        released = true
        this.#free.push(number)
        this.#onChange('release', number)
        for (const wake of this.#waiting) wake()
      },
    }
  }

  /** Resolves once a slot may be free. @throws the signal's reason when it aborts. */
  async whenFree(options: { readonly signal: AbortSignal }): Promise<void> {
    options.signal.throwIfAborted()
    if (this.#free.length > 0) return
    await new Promise<void>((resolve, reject) => {
      const settle = (): void => {
        this.#waiting.delete(settle)
        options.signal.removeEventListener('abort', settle)
        if (options.signal.aborted) reject(options.signal.reason)
        else resolve()
      }
      this.#waiting.add(settle)
      options.signal.addEventListener('abort', settle)
    })
  }
}

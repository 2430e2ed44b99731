import type { Clock } from '../../../src/runtime/index.ts'

/** A clock that stands still but for its sleeps, which pass at once. */
export class SteppedClock implements Clock {
  readonly sleeps: number[] = []
  #ms = 0
  readonly #start: number

  constructor(start = Date.parse('2026-01-01T00:00:00Z')) {
    this.#start = start
  }

  now(): Date {
    return new Date(this.#start + this.#ms)
  }

  monotonicMs(): number {
    return this.#ms
  }

  async sleep(ms: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<void> {
    options?.signal?.throwIfAborted()
    this.sleeps.push(ms)
    this.#ms += ms
  }

  advance(ms: number): void {
    this.#ms += ms
  }
}

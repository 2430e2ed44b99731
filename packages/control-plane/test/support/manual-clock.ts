import type { Clock } from '../../src/runtime/index.ts'

/** A clock that stands still until it is told to go on. */
export class ManualClock implements Clock {
  #ms = Date.parse('2026-01-01T00:00:00Z')

  now(): Date {
    return new Date(this.#ms)
  }

  monotonicMs(): number {
    return this.#ms
  }

  sleep(): Promise<void> {
    return Promise.reject(new Error('A manual clock does not sleep'))
  }

  advance(ms: number): void {
    this.#ms += ms
  }
}

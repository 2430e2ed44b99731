import type { Clock } from '@scalr-agent/core'

/**
 * Calls `check` with the milliseconds since the last `touch`, again and again until it is stopped. One timer
 * for a whole body: starting one for each chunk would cost more than the chunk.
 */
export class IdleWatch implements Disposable {
  readonly #clock: Clock
  readonly #stopped = new AbortController()
  #touchedMs: number

  constructor(options: {
    readonly clock: Clock
    readonly everyMs: number
    readonly check: (idleMs: number) => void
  }) {
    this.#clock = options.clock
    this.#touchedMs = options.clock.monotonicMs()
    void this.#run(options.everyMs, options.check)
  }

  touch(): void {
    this.#touchedMs = this.#clock.monotonicMs()
  }

  [Symbol.dispose](): void {
    this.#stopped.abort()
  }

  async #run(everyMs: number, check: (idleMs: number) => void): Promise<void> {
    const { signal } = this.#stopped
    for (;;) {
      await this.#clock.sleep(everyMs, { signal }).catch(() => {})
      if (signal.aborted) return
      check(this.#clock.monotonicMs() - this.#touchedMs)
    }
  }
}

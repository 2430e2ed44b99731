import type { StopAction } from '../options/index.ts'
import type { Clock } from '../runtime/index.ts'
import type { JobBoard } from './job-board.ts'

export interface ShutdownOptions {
  readonly board: JobBoard
  readonly drainTimeoutMs: number
  readonly graceShutdownTimeoutMs: number
  /** No more work is asked for. */
  readonly onDrain: (reason: string) => void
  readonly clock: Clock
}

/**
 * The way down: drain (finish what runs), soft-cancel (one interrupt each), leave (workloads stay for the
 * next process). Each step begins when the one before took too long or when it is asked for, and asking
 * for an earlier one again changes nothing.
 */
export class Shutdown {
  readonly #options: ShutdownOptions
  readonly #done = Promise.withResolvers<{ readonly reason: string }>()
  #step: 'none' | 'drain' | 'stop' | 'left' = 'none'
  #timer = new AbortController()

  constructor(options: ShutdownOptions) {
    this.#options = options
  }

  get begun(): boolean {
    return this.#step !== 'none'
  }

  /** Resolves when nothing is held here any more. */
  get done(): Promise<{ readonly reason: string }> {
    return this.#done.promise
  }

  begin(action: StopAction, reason: string): void {
    if (action === 'drain') this.drain(reason)
    else this.stop(reason, action === 'force-shutdown' ? 'kill' : 'soft')
  }

  drain(reason: string): void {
    if (this.#step !== 'none') return
    this.#step = 'drain'
    this.#options.onDrain(reason)
    void this.#options.board.whenIdle().then(() => this.#finish(reason))
    this.#after(this.#options.drainTimeoutMs, () => this.stop(`${reason}, drain timed out`))
  }

  stop(reason: string, level: 'soft' | 'kill' = 'soft'): void {
    if (this.#step === 'none') this.drain(reason)
    if (this.#step !== 'drain') return
    this.#step = 'stop'
    this.#options.board.shutDown(level)
    this.#after(this.#options.graceShutdownTimeoutMs, () =>
      this.leave(`${reason}, jobs did not end`),
    )
  }

  /** Leaves at once; what runs is adopted by the next process. */
  leave(reason: string): void {
    if (this.#step === 'left') return
    if (this.#step === 'none') this.#options.onDrain(reason)
    this.#step = 'left'
    this.#options.board.leave()
    void this.#options.board.whenIdle().then(() => this.#finish(reason))
  }

  #finish(reason: string): void {
    this.#timer.abort()
    this.#done.resolve({ reason })
  }

  #after(ms: number, next: () => void): void {
    this.#timer.abort()
    this.#timer = new AbortController()
    this.#options.clock.sleep(ms, { signal: this.#timer.signal }).then(next, () => {})
  }
}

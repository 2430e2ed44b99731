import { ConfigurationError, TimeoutError } from '../errors/index.ts'
import type { Clock } from '../runtime/index.ts'
import type { JobBoard } from './job-board.ts'

/**
 * Single mode: takes one job, waits for its end, and never takes another. When none comes in time, or the agent
 * cannot register in that time, it gives up.
 */
export class SingleJob {
  readonly #options: { readonly waitMs: number; readonly clock: Clock }
  readonly #closed = new AbortController()
  #took = false
  #result: string | undefined

  constructor(options: { readonly waitMs: number; readonly clock: Clock }) {
    this.#options = options
  }

  /** Aborts once no more work is to be asked for. */
  get closed(): AbortSignal {
    return this.#closed.signal
  }

  /** The one permission to take a job. `false` when it was used, or time is up. */
  take(): boolean {
    if (this.#closed.signal.aborted) return false
    this.#took = true
    this.#closed.abort(new Error('The agent is in single mode and has its job.'))
    return true
  }

  /** How the job ended, as the agent's events tell it. */
  ended(result: string): void {
    this.#result = result
  }

  /**
   * Resolves when the job has ended and is reported, or none came.
   *
   * @throws `TimeoutError` when the agent was never let in, `ConfigurationError` `DATA_DIR_UNUSABLE` when the
   * job came and its journal could not be written
   */
  async done(
    parts: {
      readonly board: Pick<JobBoard, 'left' | 'whenIdle'>
      readonly session: { readonly established: boolean }
    },
    options: { readonly signal: AbortSignal },
  ): Promise<{ readonly reason: string }> {
    const { clock, waitMs } = this.#options
    const { signal } = options
    await clock.sleep(waitMs, { signal: AbortSignal.any([this.closed, signal]) }).catch(() => {})
    if (signal.aborted) return { reason: 'the agent was stopped' }
    if (!this.#took) {
      // From here on `take` refuses: an assignment that arrives now goes back by its lease.
      this.#closed.abort(new Error('No job came in time.'))
      const time = `${Math.round(waitMs / 1000)} s`
      if (parts.session.established) return { reason: `single mode: no job came within ${time}` }
      throw new TimeoutError(
        `Cannot take the one job of single mode: the control plane did not let this agent in within ${time}. See the warnings above; a longer time is SCALR_AGENT_SINGLE_WAIT_TIMEOUT.`,
      )
    }
    await parts.board.whenIdle()
    // Its journal is there, and whoever comes next with this data directory takes it up.
    if (parts.board.left > 0) return { reason: 'single mode: the job was left as it runs' }
    if (this.#result === undefined) {
      throw new ConfigurationError(
        'Cannot run the one job of single mode: its journal could not be written. The control plane gives the job out again. Make the data directory writable.',
        { code: 'DATA_DIR_UNUSABLE' },
      )
    }
    return { reason: `single mode: the job ended, ${this.#result}` }
  }
}

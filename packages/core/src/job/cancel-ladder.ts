import type { InterruptLevel, Workload } from '../executor/index.ts'
import type { Phase } from '../protocol/index.ts'
import type { Clock, Logger } from '../runtime/index.ts'
import type { JobJournal } from './job-journal.ts'
import type { StopReason } from './job-record.ts'

/** How long a plan or a policy check may take to stop after its one interrupt. */
const planPatienceMs = 60_000
/** How long `hard` may take before `kill`. Terraform itself waits 5 s after a second interrupt. */
const hardPatienceMs = 10_000
/** How soon an interrupt that failed is tried again. */
const againAfterMs = 5_000
/** An apply may use the rest of the job's time, and never less than this. */
const minimumApplyPatienceMs = 60_000
const maximumApplyPatienceMs = 600_000

export interface CancelLadderOptions {
  readonly phase: Phase
  readonly workload: Workload
  readonly journal: Pick<JobJournal, 'record' | 'update'>
  readonly clock: Clock
  readonly logger: Logger
  /** Time left of the job's own time-out, which bounds the patience with an apply. */
  readonly remainingMs: () => number
  readonly onInterrupt: (level: InterruptLevel, reason: StopReason) => void
}

/**
 * One interrupt, then patience. `soft` is sent once and nothing follows it before the patience is over or
 * a person asks for force (I8). `hard` is sent once, and `kill` ends what is left.
 *
 * The journal is written before each interrupt: after a crash an interrupt that may have been sent is
 * never sent again.
 */
export class CancelLadder {
  readonly #options: CancelLadderOptions
  readonly #ended = new AbortController()
  #climbing: Promise<void> = Promise.resolve()
  #timer: AbortController | undefined

  constructor(options: CancelLadderOptions) {
    this.#options = options
  }

  /** Goes on where the journal says an earlier process stopped. */
  resume(): void {
    const stop = this.#options.journal.record.stop
    if (stop === undefined) return
    if (stop.killAt !== undefined) void this.request('kill', stop.reason)
    else if (stop.hardAt !== undefined) this.#arm('kill', hardPatienceMs - this.#since(stop.hardAt))
    else if (stop.softAt !== undefined) {
      this.#arm('hard', this.#softPatienceMs() - this.#since(stop.softAt))
    }
  }

  /** The workload has ended: nothing is sent any more. */
  end(): void {
    this.#ended.abort()
  }

  /** Climbs to `level`. Asking for a level that was reached changes nothing. Resolves once it was sent. */
  request(level: InterruptLevel, reason: StopReason): Promise<void> {
    return this.#request(level, reason, false)
  }

  #request(level: InterruptLevel, reason: StopReason, again: boolean): Promise<void> {
    this.#climbing = this.#climbing
      .then(() => this.#climb(level, reason, again))
      .catch((error: unknown) => {
        this.#options.logger.error({ err: error, level }, 'Could not interrupt the workload')
        this.#tryAgain(level)
      })
    return this.#climbing
  }

  /**
   * An engine that could not be reached may be there again soon. Executors send each level once however
   * often they are asked, so asking again breaks no promise; a kill is never given up.
   */
  #tryAgain(level: InterruptLevel): void {
    const at = this.#options.journal.record.stop?.[`${level}At`]
    const patienceMs = level === 'soft' ? this.#softPatienceMs() : hardPatienceMs
    const leftMs = patienceMs - (at === undefined ? 0 : this.#since(at))
    if (level === 'kill' || leftMs > 0) {
      this.#arm(level, againAfterMs, { again: true })
    } else this.#arm(level === 'soft' ? 'hard' : 'kill', 0)
  }

  async #climb(level: InterruptLevel, reason: StopReason, again: boolean): Promise<void> {
    const { journal, workload, clock, onInterrupt } = this.#options
    if (this.#ended.signal.aborted) return
    const stop = journal.record.stop ?? { reason }
    const key = `${level}At` as const
    const reached =
      stop.killAt !== undefined ||
      (level === 'soft' && (stop.softAt ?? stop.hardAt) !== undefined) ||
      (level === 'hard' && stop.hardAt !== undefined)
    const above = stop.killAt !== undefined || (level === 'soft' && stop.hardAt !== undefined)
    if (reached && level !== 'kill' && (!again || above)) return
    if (!reached || !again) {
      await journal.update({ stop: { ...stop, [key]: clock.now().toISOString() } })
    }
    if (!again) onInterrupt(level, stop.reason)
    await workload.interrupt(level)
    if (level === 'soft') this.#arm('hard', this.#softPatienceMs())
    else if (level === 'hard') this.#arm('kill', hardPatienceMs)
    else this.#timer?.abort()
  }

  #arm(next: InterruptLevel, afterMs: number, options: { readonly again?: boolean } = {}): void {
    this.#timer?.abort()
    const timer = new AbortController()
    this.#timer = timer
    const signal = AbortSignal.any([timer.signal, this.#ended.signal])
    this.#options.clock
      .sleep(Math.max(0, afterMs), { signal })
      .then(() => {
        const reason = this.#options.journal.record.stop?.reason ?? 'canceled'
        void this.#request(next, reason, options.again ?? false)
      })
      .catch(() => {})
  }

  #softPatienceMs(): number {
    if (this.#options.phase !== 'apply') return planPatienceMs
    return Math.min(
      maximumApplyPatienceMs,
      Math.max(minimumApplyPatienceMs, this.#options.remainingMs()),
    )
  }

  #since(at: string): number {
    return this.#options.clock.now().getTime() - Date.parse(at)
  }
}

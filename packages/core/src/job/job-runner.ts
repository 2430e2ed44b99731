import { ScalrAgentError } from '../errors/index.ts'
import type { CancelMode, HeartbeatRequest } from '../protocol/index.ts'
import { jobSecrets } from '../run/index.ts'
import { Backoff } from '../runtime/index.ts'
import type { JobEnd, JobEventIds } from './job-events.ts'
import { isDiskFull } from './error-failure.ts'
import { JobHold } from './job-hold.ts'
import type { JobJournal } from './job-journal.ts'
import type { JobServices } from './job-services.ts'
import { isTerminal } from './job-state.ts'
import { walkJob } from './job-walk.ts'
import { isLeaseLost } from './lease-lost.ts'
import { keepRescuedState } from './hand-over-files.ts'
import { reportFault } from './report-fault.ts'
import { waitForOutcome } from './wait-for-outcome.ts'

export interface JobRunnerOptions {
  readonly journal: JobJournal
  readonly services: JobServices
  /** Whether an earlier process left the journal. */
  readonly adopted: boolean
}

/** How often a job is tried in all when faults of ours come before anything is launched. */
const attemptsBeforeLaunch = 3

/** How long an executor may take to say that a workload has ended. */
const askMs = 2_000

/**
 * One job while this process holds it: what it is told (renewals, cancels, revocation), and the walk it
 * is sent on until it has an end. The one writer of the job's state and journal.
 */
export class JobRunner {
  readonly #hold: JobHold
  readonly #adopted: boolean

  constructor(options: JobRunnerOptions) {
    this.#hold = new JobHold(options.journal, options.services)
    this.#adopted = options.adopted
  }

  get ids(): JobEventIds {
    return this.#hold.ids
  }

  get workloadId(): string {
    return this.#hold.journal.record.workloadId
  }

  /** This job's line of the heartbeat. */
  status(): HeartbeatRequest['jobs'][number] {
    const { jobId, fencingToken, state, checkpoint } = this.#hold.journal.record
    const logBytes = this.#hold.log?.bytes ?? checkpoint?.maskedBytes ?? 0
    return { jobId, fencingToken, state, logBytes }
  }

  /** A heartbeat renewed the lease. @param sentMs monotonic time before it was sent. */
  renewed(sentMs: number): void {
    const { lease, journal, services, ids } = this.#hold
    const { bootClock, clock, logger } = services
    lease.renew(sentMs)
    const renewedAt = new Date(clock.now().getTime() - (bootClock.nowMs() - sentMs)).toISOString()
    journal
      .update({ lease: { bootId: bootClock.bootId, renewedMs: sentMs, renewedAt } })
      .catch((error: unknown) => {
        logger.warn({ err: error, ...ids }, 'Could not journal the renewed lease')
      })
  }

  /** A user cancels. Asking again changes nothing; `force` after `soft` climbs. */
  cancel(mode: CancelMode): void {
    void this.#hold.stop(mode === 'force' ? 'hard' : 'soft', 'canceled')
  }

  /** The agent stops: `soft` is one interrupt, so that the tool can save its state. */
  shutDown(level: 'soft' | 'kill'): void {
    void this.#hold.stop(level, 'shutdown')
  }

  /** The control plane gave the job to another, or ended it: stop it, and report nothing. */
  revoke(): void {
    this.#hold.revoke()
  }

  /** This process ends: workload and journal stay for the next one. */
  leave(): void {
    this.#hold.leave()
  }

  /**
   * Runs the job to its end. Never throws.
   *
   * @returns `false` when it was left for adoption: `job:end` then comes from the next process.
   */
  async run(): Promise<boolean> {
    const hold = this.#hold
    const { clock, emit, logger } = hold.services
    const startedMs = clock.monotonicMs()
    emit('job:start', { ...hold.ids, adopted: this.#adopted })
    const end = await this.#live()
    hold.end(new Error('The job has ended.'))
    await this.#closeLog()
    if (end === undefined) return false
    await this.#clear()
    const durationMs = Math.round(clock.monotonicMs() - startedMs)
    logger.info({ ...hold.ids, ...end, durationMs }, 'The job ended')
    emit('job:end', { ...hold.ids, ...end, durationMs })
    return true
  }

  /** Walks the job, again after faults of ours, until it has an end or is no longer ours. */
  async #live(): Promise<JobEnd | undefined> {
    const hold = this.#hold
    const { clock, logger } = hold.services
    const backoff = new Backoff({ maxMs: 30_000 })
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await walkJob(hold)
      } catch (error) {
        if (hold.fate === 'left') return undefined
        if (hold.fate === 'revoked' || isLeaseLost(error)) return this.#lose(true, error)
        await this.#closeLog()
        if (!hold.mayHaveLaunched && attempt >= attemptsBeforeLaunch) return this.#giveUp(error)
        logger.error(
          { err: error, ...hold.ids },
          'A job ran into a fault of the agent; trying again',
        )
        if (isDiskFull(error) && (await this.#hasEnded())) {
          hold.endedOnFullDisk = true
          await hold.journal.useReserve()
        }
        await clock.sleep(backoff.nextMs(), { signal: hold.over }).catch(() => {})
      }
    }
  }

  /** Whether the workload has ended, as far as the executor can say at once. */
  async #hasEnded(): Promise<boolean> {
    const { journal, services, over, mayHaveLaunched } = this.#hold
    if (!mayHaveLaunched || journal.record.outcome !== undefined) return true
    const signal = AbortSignal.any([over, AbortSignal.timeout(askMs)])
    try {
      const workload = await services.executor.attach(journal.record.workloadId, { signal })
      await workload?.wait({ signal })
      return true
    } catch {
      return false
    }
  }

  /** Reports a job that cannot be brought to its launch; one that cannot be reported either is dropped. */
  async #giveUp(error: unknown): Promise<JobEnd | undefined> {
    const hold = this.#hold
    const { settings, clock, logger } = hold.services
    if (hold.accepted === undefined) return this.#lose(false, error)
    logger.error({ err: error, ...hold.ids }, 'A job cannot be launched by a fault of the agent')
    const { spec, job } = hold.accepted
    const secrets = [...jobSecrets(spec, settings.proxy), ...settings.secrets]
    const backoff = new Backoff({ maxMs: 30_000 })
    for (;;) {
      try {
        return await reportFault({ hold, job, secrets, error, signal: hold.over })
      } catch (obstacle) {
        if (hold.fate === 'left') return undefined
        if (hold.fate === 'revoked' || isLeaseLost(obstacle)) return this.#lose(true, obstacle)
        const again = ScalrAgentError.isInstance(obstacle) && obstacle.retryable
        if (!again) return this.#lose(false, obstacle)
        logger.warn({ err: obstacle, ...hold.ids }, 'Could not report a job yet')
        await clock.sleep(backoff.nextMs(), { signal: hold.over }).catch(() => {})
      }
    }
  }

  async #closeLog(): Promise<void> {
    const { opening, services, ids } = this.#hold
    this.#hold.log = undefined
    this.#hold.opening = undefined
    try {
      // One that could not be opened has told so, and needs no closing.
      const log = await opening?.catch(() => undefined)
      await log?.close()
    } catch (error) {
      services.logger.error({ err: error, ...ids }, 'Could not close the log of a job')
    }
  }

  /** The job is no longer ours to report. */
  async #lose(toAnother: boolean, error: unknown): Promise<JobEnd | undefined> {
    const hold = this.#hold
    const { journal, services } = hold
    services.logger.error({ err: error, ...hold.ids }, 'The job is lost')
    const logBytes = hold.log?.bytes ?? journal.record.checkpoint?.maskedBytes ?? 0
    // The upload would only be told again that it is too late.
    await this.#closeLog()
    if (journal.reached('launching') && !(await this.#windDown())) return undefined
    if (!isTerminal(journal.record.state)) hold.move('lose')
    const cause = toAnother ? 'lease-lost' : 'agent'
    return { result: 'lost', cause, exitCode: null, logBytes }
  }

  /**
   * Ends the workload of a lost job and keeps a state that it could not write (I9): only then may it be
   * destroyed.
   *
   * @returns `false` when it was left before that was done.
   */
  async #windDown(): Promise<boolean> {
    const hold = this.#hold
    const { journal, services, left: signal } = hold
    const backoff = new Backoff({ maxMs: 30_000 })
    while (!signal.aborted) {
      try {
        const { workloadId } = journal.record
        const workload = await services.executor.attach(workloadId, { signal })
        if (workload === undefined) return true
        if (!journal.reached('ended')) {
          hold.watch(workload)
          await hold.stop(hold.ids.phase === 'apply' ? 'soft' : 'kill', 'lease-lost')
          const outcome = await waitForOutcome(workload, { ...services, signal })
          hold.unwatch()
          await journal.update({ step: 'ended', outcome })
        }
        await keepRescuedState({ workload, journal, services })
        return true
      } catch (error) {
        if (signal.aborted) return false
        services.logger.error({ err: error, ...hold.ids }, 'Could not end a lost job in order yet')
        if (ScalrAgentError.isInstance(error) && !error.retryable) return true
        await services.clock.sleep(backoff.nextMs(), { signal }).catch(() => {})
      }
    }
    return false
  }

  /** Nothing of the job is needed any more. */
  async #clear(): Promise<void> {
    const { journal, services, ids } = this.#hold
    try {
      const workload = journal.reached('launching')
        ? await services.executor.attach(journal.record.workloadId)
        : undefined
      await workload?.destroy()
      // Only now: what a workload uses is never evicted.
      await services.caches?.release(ids.jobId)
      await journal.remove()
    } catch (error) {
      // The journal stays, and the next start of the agent clears up.
      services.logger.error({ err: error, ...ids }, 'Could not clear up after a job')
    }
  }
}

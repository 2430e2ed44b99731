import type { InterruptLevel, Workload } from '../executor/index.ts'
import type { Phase } from '../protocol/index.ts'
import { CancelLadder } from './cancel-ladder.ts'
import type { JobJournal } from './job-journal.ts'
import type { StopReason } from './job-record.ts'
import type { JobServices } from './job-services.ts'
import { watchLease } from './lease-watch.ts'
import type { Lease } from './lease.ts'
import { watchMemory } from './memory-watch.ts'

export interface WorkloadGuardOptions {
  readonly phase: Phase
  readonly workload: Workload
  readonly journal: JobJournal
  readonly lease: Lease
  readonly services: JobServices
  readonly onInterrupt: (level: InterruptLevel, reason: StopReason) => void
}

/**
 * What may end a running workload: a cancel, its time-out, its memory, the end of its lease. Needs no control plane:
 * an adopted workload is guarded from the moment it is attached to.
 */
export class WorkloadGuard {
  readonly #ladder: CancelLadder
  readonly #ended = new AbortController()

  constructor(options: WorkloadGuardOptions) {
    const { journal, lease, services, workload, phase, onInterrupt } = options
    const { clock, logger } = services
    const deadlineAt =
      Date.parse(journal.record.launchedAt ?? journal.record.acceptedAt) + journal.record.timeoutMs
    const remainingMs = (): number => Math.max(0, deadlineAt - clock.now().getTime())
    this.#ladder = new CancelLadder({
      phase,
      workload,
      journal,
      clock,
      logger,
      remainingMs,
      onInterrupt,
    })
    const { signal } = this.#ended
    const { stop } = journal.record
    if (stop !== undefined && stop.softAt === undefined && stop.hardAt === undefined) {
      void this.#ladder.request('soft', stop.reason)
    }
    this.#ladder.resume()
    void watchLease({
      lease,
      clock,
      signal,
      onSoft: () => {
        logger.warn(
          { jobId: journal.record.jobId, leaseAgeMs: Math.round(lease.ageMs()) },
          'The lease could not be renewed in time: stopping the workload',
        )
        void this.#ladder.request('soft', 'lease-lost')
      },
      onKill: () => void this.#ladder.request('kill', 'lease-lost'),
    })
    this.#watchMemory(options)
    clock
      .sleep(remainingMs(), { signal })
      .then(() => this.#ladder.request('soft', 'timeout'))
      .catch(() => {})
  }

  request(level: InterruptLevel, reason: StopReason): Promise<void> {
    return this.#ladder.request(level, reason)
  }

  /** The workload has ended, or this process leaves it to the next. */
  end(): void {
    this.#ladder.end()
    this.#ended.abort()
  }

  /** Only where a limit holds: without one, nothing but our own interrupt would end the workload. */
  #watchMemory(options: WorkloadGuardOptions): void {
    const { journal, services, workload } = options
    const { clock, executor, logger, settings } = services
    const { memory, jobId } = journal.record
    const { capabilities } = executor
    if (!settings.memoryMonitor.enabled || memory === undefined) return
    if (!capabilities.usage || !capabilities.memoryLimit) return
    void watchMemory({
      workload,
      limits: memory,
      intervalMs: settings.memoryMonitor.intervalMs,
      clock,
      logger,
      signal: this.#ended.signal,
      onPeak: (peakBytes) => {
        const first = journal.record.memory?.peakBytes === undefined
        if (peakBytes <= (journal.record.memory?.peakBytes ?? 0)) return
        journal.note({ memory: { ...memory, peakBytes } })
        if (first) logger.warn({ jobId, ...memory, peakBytes }, 'A job comes near its memory limit')
      },
      onSoftLimit: (memoryBytes) => {
        logger.warn({ jobId, ...memory, memoryBytes }, 'A job reached its soft memory limit')
        void this.#ladder.request('soft', 'memory')
      },
    })
  }
}

import type { ControlPlaneJob } from '../control-plane/index.ts'
import type { InterruptLevel, Workload } from '../executor/index.ts'
import type { JobSpec } from '../protocol/index.ts'
import type { JobEventIds } from './job-events.ts'
import type { JobJournal } from './job-journal.ts'
import type { JobLog } from './job-log.ts'
import type { StopReason } from './job-record.ts'
import type { JobServices } from './job-services.ts'
import { transition, type JobEvent } from './job-state.ts'
import { Lease, restoreRenewal } from './lease.ts'
import { WorkloadGuard } from './workload-guard.ts'

/**
 * What is held of one job while it lives here: journal, lease, the guard of its workload, its log, and
 * what has become of our right to it. Shared by the runner, which is told things, and the walk, which
 * does things.
 */
export class JobHold {
  readonly ids: JobEventIds
  readonly journal: JobJournal
  readonly services: JobServices
  readonly lease: Lease
  /** As it was accepted last. */
  accepted: { readonly spec: JobSpec; readonly job: ControlPlaneJob } | undefined
  /** Whether the executor may have been asked to launch it: then only the executor can say what came of it. */
  mayHaveLaunched: boolean
  log: JobLog | undefined
  /** Whether its workload ended on a disk that had no space left. */
  endedOnFullDisk = false
  /** The log while it is being opened, and after. */
  opening: Promise<JobLog> | undefined
  #revoked = false
  #guard: WorkloadGuard | undefined
  #wanted: { readonly level: InterruptLevel; readonly reason: StopReason } | undefined
  /** Ends the walk: nothing more of it is to be done here. */
  readonly #over = new AbortController()
  /** Ends every wait: this process gives the job out of its hands. */
  readonly #left = new AbortController()
  /** Ends what comes before the workload. */
  readonly #unlaunched = new AbortController()

  constructor(journal: JobJournal, services: JobServices) {
    this.journal = journal
    this.services = services
    // One that ended without an outcome never had a workload.
    const { outcome } = journal.record
    this.mayHaveLaunched =
      journal.reached('launching') && !(journal.reached('ended') && outcome === undefined)
    const { jobId, fencingToken, runId, workspaceId, phase, lease } = journal.record
    this.ids = { jobId, fencingToken, runId, workspaceId, phase }
    this.lease = new Lease({
      ...journal.record,
      clock: services.bootClock,
      renewedMs: restoreRenewal(lease, services),
    })
  }

  /** `ours`, `revoked` by the control plane, or `left` for the next process, which learns the rest. */
  get fate(): 'ours' | 'revoked' | 'left' {
    if (this.#left.signal.aborted) return 'left'
    return this.#revoked ? 'revoked' : 'ours'
  }

  /** Aborts when the job is left, and for nothing else: even a revoked job is wound down in order. */
  get left(): AbortSignal {
    return this.#left.signal
  }

  /** Aborts when the job is left, or revoked before it had a workload. */
  get over(): AbortSignal {
    return this.#over.signal
  }

  /** Aborts, in addition, when the job is cancelled before it had a workload. */
  get unlaunched(): AbortSignal {
    return AbortSignal.any([this.#over.signal, this.#unlaunched.signal])
  }

  /** Takes the state one transition on; it reaches the disk with the next journal update. */
  move(event: JobEvent): void {
    this.journal.note({ state: transition(this.journal.record.state, event) })
  }

  /** Guards a workload from now on, once. */
  watch(workload: Workload): void {
    if (this.#guard !== undefined) return
    this.#guard = new WorkloadGuard({
      phase: this.ids.phase,
      workload,
      journal: this.journal,
      lease: this.lease,
      services: this.services,
      onInterrupt: (level, reason) => {
        if (this.journal.record.state === 'running') this.move('cancel')
        this.services.logger.info({ ...this.ids, level, reason }, 'Interrupting the workload')
        this.services.emit('job:cancel', { ...this.ids, level, reason })
      },
    })
    if (this.#wanted !== undefined) {
      void this.#guard.request(this.#wanted.level, this.#wanted.reason)
    }
  }

  /** The workload has ended: nothing interrupts it any more. */
  unwatch(): void {
    this.#guard?.end()
  }

  /** Stops the job: its workload, or what would have become one. */
  async stop(level: InterruptLevel, reason: StopReason): Promise<void> {
    if (this.#guard !== undefined) return this.#guard.request(level, reason)
    this.#wanted = { level, reason }
    if (this.journal.record.stop === undefined && !this.journal.reached('ended')) {
      this.journal.note({ stop: { reason } })
    }
    this.#unlaunched.abort(new Error(`The job is stopped before its launch: ${reason}.`))
  }

  revoke(): void {
    if (this.fate !== 'ours') return
    this.#revoked = true
    // Nobody else runs an apply while this one does: it gets its one interrupt and its patience.
    if (this.#guard === undefined) this.#over.abort(new Error('The lease was revoked.'))
    else void this.#guard.request(this.ids.phase === 'apply' ? 'soft' : 'kill', 'lease-lost')
  }

  leave(): void {
    const reason = new Error('The agent leaves the job for adoption.')
    this.#left.abort(reason)
    this.end(reason)
  }

  /** Ends every timer and wait of this job. */
  end(reason: Error): void {
    this.#guard?.end()
    this.#over.abort(reason)
  }
}

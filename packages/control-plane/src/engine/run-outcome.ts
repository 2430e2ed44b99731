import { jobFileNames, type FinishJobRequest } from '@scalr-agent/core/protocol'

import type { JobRow } from '../store/index.ts'
import type { EngineContext } from './engine-context.ts'
import { forceUnlockAdvice, type JobLeases } from './job-leases.ts'
import type { RunLedger } from './run-ledger.ts'
import type { RunQueue } from './run-queue.ts'

/** Moves a run on by the report of its job. */
export class RunOutcome {
  readonly #context: EngineContext
  readonly #ledger: RunLedger
  readonly #queue: RunQueue
  readonly #leases: JobLeases
  readonly #onSlotFree: (poolId: string) => void

  constructor(
    context: EngineContext,
    parts: {
      readonly ledger: RunLedger
      readonly queue: RunQueue
      readonly leases: JobLeases
      readonly onSlotFree: (poolId: string) => void
    },
  ) {
    this.#context = context
    this.#ledger = parts.ledger
    this.#queue = parts.queue
    this.#leases = parts.leases
    this.#onSlotFree = parts.onSlotFree
  }

  /** Inside the transaction of the report. */
  apply(
    job: JobRow,
    report: FinishJobRequest,
    extra: { readonly rescuedState?: string | undefined },
  ): void {
    const { db, jobs, at } = this.#context
    db.afterCommit(() => this.#onSlotFree(job.pool_id))
    if (job.phase === 'plan' && report.failure?.cause === 'lease-lost') {
      this.#leases.planLost(job, 'Its agent lost touch and stopped it.')
      return
    }
    const finishJson = JSON.stringify(report)
    jobs.finish(job.id, { now: at(), result: report.result, finishJson })
    if (job.phase === 'plan') {
      // Its tool has ended and its token with it: a lock that a killed plan left protects nothing.
      this.#context.stateLocks.removeOfRun(job.run_id)
      this.#planEnded(job, report, extra)
    } else {
      this.#applyEnded(job, report, extra)
    }
    this.#queue.advance(job.workspace_id)
  }

  #planEnded(
    job: JobRow,
    report: FinishJobRequest,
    extra: { readonly rescuedState?: string | undefined },
  ): void {
    const run = this.#ledger.get(job.run_id)
    if (report.result !== 'succeeded') {
      this.#endBadly(job, report, extra)
      return
    }
    const hasChanges = report.hasChanges ?? false
    this.#context.runs.setHasChanges(run.id, hasChanges)
    if (job.cancel !== null) {
      this.#ledger.move(run.id, 'canceled', { reason: 'The plan had ended before it was stopped.' })
    } else if (run.is_dry === 1 || !hasChanges) {
      this.#ledger.move(run.id, 'planned_and_finished')
    } else if (!report.files.some((file) => file.name === jobFileNames.plan)) {
      const errorMessage =
        'The agent reported changes but uploaded no plan, so there is nothing to apply. Queue a new run; if it happens again, see the log of the agent.'
      this.#ledger.move(run.id, 'errored', { errorMessage, reason: errorMessage })
    } else if (run.save_plan === 1) {
      this.#ledger.move(run.id, 'planned_and_saved')
    } else {
      this.#ledger.move(run.id, 'planned')
      if (run.auto_apply === 1) {
        this.#ledger.move(run.id, 'confirmed', { reason: 'The run applies automatically.' })
        this.#queue.queueApply(run)
      }
    }
  }

  #applyEnded(
    job: JobRow,
    report: FinishJobRequest,
    extra: { readonly rescuedState?: string | undefined },
  ): void {
    // What was applied is applied, also when a cancel came too late to stop it.
    if (report.result === 'succeeded') this.#ledger.move(job.run_id, 'applied')
    else this.#endBadly(job, report, extra)
  }

  #endBadly(
    job: JobRow,
    report: FinishJobRequest,
    extra: { readonly rescuedState?: string | undefined },
  ): void {
    const { result, failure } = report
    const parts = [
      failure?.message ?? defaultMessage(job.phase, result),
      extra.rescuedState,
      this.#lockAdvice(job, report),
    ]
    const errorMessage = parts.filter((part) => part !== undefined && part !== '').join(' ')
    this.#ledger.move(job.run_id, result === 'canceled' ? 'canceled' : 'errored', {
      errorMessage,
      reason: failure?.cause,
    })
  }

  #lockAdvice(job: JobRow, report: FinishJobRequest): string | undefined {
    const lock = this.#context.stateLocks.get(job.workspace_id)
    const ours = lock?.run_id === job.run_id ? lock.lock_id : undefined
    const lockId = ours ?? report.stateLock?.id
    return lockId === undefined ? undefined : forceUnlockAdvice(lockId)
  }
}

function defaultMessage(phase: 'plan' | 'apply', result: FinishJobRequest['result']): string {
  if (result === 'canceled') return `The ${phase} was canceled.`
  return result === 'lost'
    ? `The ${phase} was lost: there is no proof of how it ended.`
    : `The ${phase} failed. Its log says why.`
}

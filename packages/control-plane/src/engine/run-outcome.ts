import { jobFileNames, type FinishJobRequest } from '@scalr-agent/core/protocol'

import type { JobRow } from '../store/index.ts'
import type { EngineContext } from './engine-context.ts'
import type { JobLeases } from './job-leases.ts'
import type { PolicyGate } from './policy-gate.ts'
import type { PolicyVerdict } from './policy-verdict.ts'
import { describeRescue, type RescueOutcome } from './rescued-state.ts'
import type { RunAdvance } from './run-advance.ts'
import type { RunLedger } from './run-ledger.ts'
import type { RunQueue } from './run-queue.ts'
import type { SavedPlans } from './saved-plans.ts'
import { lockWords, type StateLockFacts } from './state-lock.ts'

/** What the report itself does not say. */
export interface JobExtra {
  readonly rescued: RescueOutcome | undefined
  /** The lock that is in the way after the job's end. */
  readonly lock: StateLockFacts | undefined
  /** What the policies said, of a policy job that succeeded. */
  readonly verdict: PolicyVerdict | undefined
}

/** Moves a run on by the report of its job. */
export class RunOutcome {
  readonly #context: EngineContext
  readonly #ledger: RunLedger
  readonly #queue: RunQueue
  readonly #leases: JobLeases
  readonly #advance: RunAdvance
  readonly #policies: PolicyGate
  readonly #savedPlans: SavedPlans
  readonly #onSlotFree: (poolId: string) => void

  constructor(
    context: EngineContext,
    parts: {
      readonly ledger: RunLedger
      readonly queue: RunQueue
      readonly leases: JobLeases
      readonly advance: RunAdvance
      readonly policies: PolicyGate
      readonly savedPlans: SavedPlans
      readonly onSlotFree: (poolId: string) => void
    },
  ) {
    this.#context = context
    this.#ledger = parts.ledger
    this.#queue = parts.queue
    this.#leases = parts.leases
    this.#advance = parts.advance
    this.#policies = parts.policies
    this.#savedPlans = parts.savedPlans
    this.#onSlotFree = parts.onSlotFree
  }

  /** Inside the transaction of the report. */
  apply(job: JobRow, report: FinishJobRequest, extra: JobExtra): void {
    const { db, jobs, at } = this.#context
    db.afterCommit(() => this.#onSlotFree(job.pool_id))
    if (job.phase !== 'apply' && report.failure?.cause === 'lease-lost') {
      this.#leases.attemptLost(job, 'Its agent lost touch and stopped it.')
      return
    }
    const finishJson = JSON.stringify(report)
    jobs.finish(job.id, { now: at(), result: report.result, finishJson })
    if (job.phase === 'plan') {
      // Its tool has ended and its token with it: a lock that a killed plan left protects nothing.
      this.#context.stateLocks.removeOfRun(job.run_id)
      this.#planEnded(job, report, extra)
    } else if (job.phase === 'policy') {
      this.#policyEnded(job, report, extra)
    } else {
      this.#applyEnded(job, report, extra)
    }
    this.#queue.advance(job.workspace_id)
  }

  #planEnded(job: JobRow, report: FinishJobRequest, extra: JobExtra): void {
    const run = this.#ledger.get(job.run_id)
    const hasChanges = report.hasChanges ?? false
    // Also of a plan that was made before a hook failed.
    this.#context.runs.setHasChanges(run.id, hasChanges)
    if (report.result !== 'succeeded') {
      this.#endBadly(job, report, extra)
      return
    }
    this.#savedPlans.planned(run.id, run.workspace_id)
    if (job.cancel !== null) {
      this.#ledger.move(run.id, 'canceled', { reason: 'The plan had ended before it was stopped.' })
    } else if (!hasChanges) {
      this.#ledger.move(run.id, 'planned_and_finished')
    } else if (run.is_dry === 0 && !report.files.some((file) => file.name === jobFileNames.plan)) {
      const errorMessage =
        'The agent reported changes but uploaded no plan, so there is nothing to apply. Queue a new run; if it happens again, see the log of the agent.'
      this.#ledger.move(run.id, 'errored', { errorMessage, reason: errorMessage })
    } else if (!this.#policies.begin(run, report)) {
      this.#advance.goOn(run.id)
    }
  }

  #policyEnded(job: JobRow, report: FinishJobRequest, extra: JobExtra): void {
    if (extra.verdict === undefined) {
      this.#endBadly(job, report, extra)
    } else if (job.cancel === null) {
      this.#policies.ended(job.run_id, job.phase_id, extra.verdict)
    } else {
      this.#ledger.move(job.run_id, 'canceled', {
        reason: 'The policy check had ended before it was stopped.',
      })
    }
  }

  #applyEnded(job: JobRow, report: FinishJobRequest, extra: JobExtra): void {
    // What was applied is applied, also when a cancel came too late to stop it.
    if (report.result === 'succeeded') this.#ledger.move(job.run_id, 'applied')
    else this.#endBadly(job, report, extra)
    this.#savedPlans.discardStale(job.workspace_id, job.run_id)
  }

  #endBadly(job: JobRow, report: FinishJobRequest, extra: JobExtra): void {
    const { result, failure } = report
    const said = failure?.message ?? defaultMessage(job.phase, result)
    const parts = [
      said,
      extra.rescued && describeRescue(extra.rescued, job),
      extra.lock && lockWords(this.#ledger.get(job.run_id).iac_platform, extra.lock, said),
    ]
    const errorMessage = parts.filter((part) => part !== undefined && part !== '').join(' ')
    this.#ledger.move(job.run_id, result === 'canceled' ? 'canceled' : 'errored', {
      errorMessage,
      reason: failure?.cause,
    })
  }
}

function defaultMessage(phase: JobRow['phase'], result: FinishJobRequest['result']): string {
  const what = phase === 'policy' ? 'policy check' : phase
  if (result === 'canceled') return `The ${what} was canceled.`
  return result === 'lost'
    ? `The ${what} was lost: there is no proof of how it ended.`
    : `The ${what} failed. Its log says why.`
}

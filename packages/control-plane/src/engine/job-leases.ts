import { findWorkspaceFacts, type JobRow } from '../store/index.ts'
import type { EngineContext } from './engine-context.ts'
import { EngineError, type JobRef } from './engine.ts'
import { lostReport } from './phase-report.ts'
import type { RunLedger } from './run-ledger.ts'
import { resolvePool, type RunQueue } from './run-queue.ts'
import { lockAdvice, lockLeftBy } from './state-lock.ts'

/** Attempts at one plan or policy check before its run ends `errored`: what kills three agents would kill a fourth. */
const maxAttempts = 3

/** What becomes of jobs whose agent is gone, and who may still speak for a job. */
export class JobLeases {
  readonly #context: EngineContext
  readonly #ledger: RunLedger
  readonly #queue: RunQueue
  readonly #onQueued: (poolId: string) => void

  constructor(
    context: EngineContext,
    parts: {
      readonly ledger: RunLedger
      readonly queue: RunQueue
      readonly onQueued: (poolId: string) => void
    },
  ) {
    this.#context = context
    this.#ledger = parts.ledger
    this.#queue = parts.queue
    this.#onQueued = parts.onQueued
  }

  /** The started job. @throws {@link EngineError} `LEASE_LOST` for everybody but its present holder (I5). */
  require(ref: JobRef): JobRow {
    const job = this.#context.jobs.get(ref.jobId)
    if (job?.state !== 'started' || job.fencing_token !== ref.fencingToken) throw leaseLost(ref)
    return job
  }

  /** Assigned jobs of the agent go back to the queue. Inside a transaction. */
  giveBackAssigned(agentId: string, options: { readonly except?: ReadonlySet<string> } = {}): void {
    for (const job of this.#context.jobs.heldBy(agentId)) {
      if (job.state === 'assigned' && options.except?.has(job.id) !== true) this.#requeue(job)
    }
  }

  /** One pass over everything that has lapsed. */
  expire(): void {
    const { db, jobs, timing, at } = this.#context
    for (const job of jobs.lapsed('assigned', at())) {
      db.transaction(() => this.#requeue(job))
    }
    for (const job of jobs.lapsed('started', at())) {
      if (job.phase !== 'apply') {
        db.transaction(() =>
          this.attemptLost(job, 'Its agent could not be reached for the whole lease.'),
        )
      }
    }
    for (const job of jobs.lapsed('started', at(-timing.applyGraceMs))) {
      if (job.phase === 'apply') db.transaction(() => this.#applyLost(job))
    }
  }

  /**
   * The agent of a plan or policy check is gone, or gave it up. Both change nothing, so another agent may
   * run it; the lock that a lost plan left is nobody's. Inside a transaction.
   */
  attemptLost(job: JobRow, why: string): void {
    const { jobs, stateLocks, logger, at } = this.#context
    const what = job.phase === 'plan' ? 'plan' : 'policy check'
    stateLocks.removeOfRun(job.run_id)
    logger.warn(
      { jobId: job.id, runId: job.run_id, agentId: job.agent_id, attempt: job.attempts },
      `A ${what} lost its agent`,
    )
    if (job.cancel === null && job.attempts < maxAttempts) {
      this.#requeue(job)
      // A check of policies has one status, queued or at work.
      if (job.phase === 'plan') {
        this.#ledger.move(job.run_id, 'plan_queued', {
          reason: `${why} Another agent runs the plan.`,
        })
      }
      return
    }
    jobs.finish(job.id, { now: at(), result: 'lost' })
    if (job.cancel === null) {
      const errorMessage = `The ${what} was started ${job.attempts} times and lost its agent each time. ${why} See the agents' logs, then queue a new run.`
      this.#fail(job, errorMessage)
    } else {
      this.#ledger.move(job.run_id, 'canceled', { reason: why })
    }
    this.#queue.advance(job.workspace_id)
  }

  /** Past lease and grace: never run again, since nobody knows how far it came (I6). */
  #applyLost(job: JobRow): void {
    const { jobs, stateLocks, logger, timing, at } = this.#context
    const lock = lockLeftBy(stateLocks, job)
    const run = this.#ledger.get(job.run_id)
    jobs.finish(job.id, { now: at(), result: 'lost' })
    const graceMinutes = Math.round(timing.applyGraceMs / 60_000)
    const errorMessage = [
      `The agent ${job.agent_id ?? ''} that ran the apply was last heard of before ${job.lease_expires_at ?? ''}, and not within the ${graceMinutes} minutes that followed.`,
      'How much of the apply was done is not known; its access to the state is revoked, and it is not run again.',
      'A state that it could not write is kept on the machine of the agent, below "rescued" in its data directory. Compare the state with what exists before the next run.',
      ...(lock === undefined ? [] : [lockAdvice(run.iac_platform, lock)]),
    ].join(' ')
    logger.error(
      { jobId: job.id, runId: job.run_id, agentId: job.agent_id },
      'An apply lost its agent for good',
    )
    this.#fail(job, errorMessage)
    this.#queue.advance(job.workspace_id)
  }

  #fail(job: JobRow, errorMessage: string): void {
    const { phases, stateLocks } = this.#context
    const report = lostReport(errorMessage, lockLeftBy(stateLocks, job))
    phases.setReport(job.phase_id, JSON.stringify(report))
    this.#ledger.move(job.run_id, 'errored', { errorMessage, reason: errorMessage })
  }

  #requeue(job: JobRow): void {
    const { db, jobs } = this.#context
    const facts = findWorkspaceFacts(db, job.workspace_id)
    const poolId = (facts && resolvePool(facts)) ?? ''
    jobs.requeue(job.id, { poolId })
    db.afterCommit(() => this.#onQueued(poolId))
  }
}

export function leaseLost(ref: JobRef): EngineError {
  return new EngineError(
    'LEASE_LOST',
    `The job ${ref.jobId} is not held with fencing token ${ref.fencingToken}: it was given to another, or has ended.`,
  )
}

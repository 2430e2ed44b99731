import { jobFileNames, type FinishJobRequest } from '@scalr-agent/core/protocol'

import type { StateStore } from '../state/index.ts'
import { dataFiles, type JobRow, type WrittenFile } from '../store/index.ts'
import type { EngineContext } from './engine-context.ts'
import { EngineError, type JobRef } from './engine.ts'
import type { JobLeases } from './job-leases.ts'
import { resultFile } from './job-input.ts'
import { phaseReport } from './phase-report.ts'
import { readPolicyVerdict, type PolicyVerdict } from './policy-verdict.ts'
import { rescueState, type RescuedState } from './rescued-state.ts'
import type { RunOutcome } from './run-outcome.ts'
import { lockLeftBy } from './state-lock.ts'

/** Takes an agent's report: checks that everything it names has arrived, and moves the run on. */
export class FinishJob {
  readonly #context: EngineContext
  readonly #leases: JobLeases
  readonly #outcome: RunOutcome
  readonly #states: StateStore

  constructor(
    context: EngineContext,
    parts: {
      readonly leases: JobLeases
      readonly outcome: RunOutcome
      readonly states: StateStore
    },
  ) {
    this.#context = context
    this.#leases = parts.leases
    this.#outcome = parts.outcome
    this.#states = parts.states
  }

  /**
   * Idempotent by job and fencing token.
   * @throws {@link EngineError} `LEASE_LOST`, `DIGEST_MISMATCH`
   */
  async finish(ref: JobRef, report: FinishJobRequest): Promise<void> {
    const job = this.#live(ref)
    if (job === undefined) return
    try {
      await this.#take(job, report)
    } catch (error) {
      // The same report overtook this one, and its run may have ended and its files be gone since.
      if (this.#wasTaken(ref)) return
      throw error
    }
  }

  async #take(job: JobRow, report: FinishJobRequest): Promise<void> {
    const ref = { jobId: job.id, fencingToken: job.fencing_token }
    const log = await this.#checkLog(job, report)
    await this.#checkFiles(job, report)
    // Past here the log is complete: no byte of it may be lost to a power failure either.
    await this.#context.files.sync(dataFiles.log(job.phase_id))
    await this.#keepPlanJson(job, report)
    const verdict = await readPolicyVerdict(this.#context, job, report)
    const rescued = await rescueState(this.#context, this.#states, job, report)
    let isCommitted = false
    try {
      this.#commit(ref, report, { log, rescued, verdict })
      isCommitted = true
    } finally {
      await rescued?.settle(isCommitted)
    }
  }

  /** The started job; `undefined` when this very report was taken before. */
  #live(ref: JobRef): JobRow | undefined {
    return this.#wasTaken(ref) ? undefined : this.#leases.require(ref)
  }

  #wasTaken(ref: JobRef): boolean {
    const job = this.#context.jobs.get(ref.jobId)
    return (
      job?.state === 'finished' &&
      job.fencing_token === ref.fencingToken &&
      job.finish_json !== null
    )
  }

  #commit(
    ref: JobRef,
    report: FinishJobRequest,
    kept: {
      readonly log: WrittenFile
      readonly rescued: RescuedState | undefined
      readonly verdict: PolicyVerdict | undefined
    },
  ): void {
    const { db, phases, stateLocks } = this.#context
    db.transaction(() => {
      const job = this.#live(ref)
      if (job === undefined) return
      const rescued = kept.rescued?.commit()
      const lock = report.result === 'succeeded' ? undefined : lockLeftBy(stateLocks, job)
      phases.setResult(job.phase_id, {
        has_changes: report.hasChanges === undefined ? null : Number(report.hasChanges),
        resource_additions: report.resources?.additions ?? null,
        resource_changes: report.resources?.changes ?? null,
        resource_destructions: report.resources?.destructions ?? null,
        report_json: JSON.stringify(phaseReport(report, { log: kept.log, lock, rescued })),
      })
      this.#outcome.apply(job, report, { rescued, lock, verdict: kept.verdict })
    })
  }

  /** A complete log is provably complete (I10). @returns size and digest of all attempts together */
  async #checkLog(job: JobRow, report: FinishJobRequest): Promise<WrittenFile> {
    const { files } = this.#context
    const file = dataFiles.log(job.phase_id)
    const held = await files.digest(file, { start: job.log_base })
    if (held.bytes === report.log.bytes && held.digest === report.log.digest) {
      return job.log_base === 0 ? held : await files.digest(file)
    }
    throw new EngineError(
      'DIGEST_MISMATCH',
      `The report of the job ${job.id} names a log of ${report.log.bytes} bytes with ${report.log.digest}, ` +
        `but ${held.bytes} bytes with ${held.digest} have arrived. Append what is missing and report again.`,
    )
  }

  async #checkFiles(job: JobRow, report: FinishJobRequest): Promise<void> {
    const { files } = this.#context
    for (const { name, bytes, digest } of report.files) {
      const file = resultFile(job, name)
      const held = await files.digest(file)
      if (held.bytes === bytes && held.digest === digest) continue
      throw new EngineError(
        'DIGEST_MISMATCH',
        `The report of the job ${job.id} names a file '${name}' of ${bytes} bytes with ${digest}, but ` +
          `${held.bytes} bytes with ${held.digest} are held. Upload it again.`,
      )
    }
  }

  async #keepPlanJson(job: JobRow, report: FinishJobRequest): Promise<void> {
    const { files, limits } = this.#context
    if (job.phase !== 'plan') return
    if (!report.files.some((file) => file.name === jobFileNames.planJson)) return
    await files.writeStream(
      dataFiles.planJson(job.phase_id),
      files.read(resultFile(job, jobFileNames.planJson)),
      { maxBytes: limits.jobFileBytes },
    )
  }
}

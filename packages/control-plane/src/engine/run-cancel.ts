import type { JobRow } from '../store/index.ts'
import type { EngineContext } from './engine-context.ts'
import { EngineError } from './engine.ts'
import type { RunLedger } from './run-ledger.ts'
import type { RunQueue } from './run-queue.ts'
import { hasJob } from './run-status.ts'

/** Cancelling: at once where nothing runs, by a signal to the agent where something does. */
export class RunCancel {
  readonly #context: EngineContext
  readonly #ledger: RunLedger
  readonly #queue: RunQueue
  readonly #onSignal: (agentId: string) => void

  constructor(
    context: EngineContext,
    parts: {
      readonly ledger: RunLedger
      readonly queue: RunQueue
      readonly onSignal: (agentId: string) => void
    },
  ) {
    this.#context = context
    this.#ledger = parts.ledger
    this.#queue = parts.queue
    this.#onSignal = parts.onSignal
  }

  /** @throws {@link EngineError} `NOT_CANCELABLE` */
  cancel(
    runId: string,
    options: { readonly force: boolean; readonly by: string | null },
  ): 'canceled' | 'unchanged' {
    const { db, jobs } = this.#context
    return db.transaction(() => {
      const run = this.#ledger.get(runId)
      if (run.status === 'canceled') return 'unchanged'
      if (run.status === 'pending') {
        this.#end(run, options.by)
        return 'canceled'
      }
      if (!hasJob(run.status)) {
        throw new EngineError(
          'NOT_CANCELABLE',
          `The run ${runId} is '${run.status}': it is neither waiting for its turn, planning nor applying.`,
        )
      }
      const job = jobs.liveOfRun(runId)
      if (job?.state === 'started') {
        return this.#signal(job, options.force ? 'force' : 'soft') ? 'canceled' : 'unchanged'
      }
      // Given out or not: an agent launches nothing before `start`, and that is refused from now on.
      if (job !== undefined) this.#endJob(job)
      this.#end(run, options.by)
      return 'canceled'
    })
  }

  #end(run: { readonly id: string; readonly workspace_id: string }, by: string | null): void {
    this.#ledger.move(run.id, 'canceled', { by })
    this.#queue.advance(run.workspace_id)
  }

  #endJob(job: JobRow): void {
    this.#context.jobs.finish(job.id, { now: this.#context.at(), result: 'canceled' })
  }

  /** Asking again changes nothing, so that a double click is no second interrupt (I8). */
  #signal(job: JobRow, mode: 'soft' | 'force'): boolean {
    const { db, jobs, runs } = this.#context
    if (job.cancel === 'force' || job.cancel === mode) return false
    runs.setCancelRequested(job.run_id, mode)
    jobs.requestCancel(job.id, mode, db.nextCounter('signal'))
    const { agent_id: agentId } = job
    if (agentId !== null) db.afterCommit(() => this.#onSignal(agentId))
    return true
  }
}

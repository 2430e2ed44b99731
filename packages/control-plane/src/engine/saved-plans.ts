import { StateVersionsRepository } from '../store/index.ts'
import type { EngineContext } from './engine-context.ts'
import { EngineError } from './engine.ts'
import type { RunLedger } from './run-ledger.ts'

/**
 * Saved plans wait aside while other runs go on, and are good for the very state that they were made of:
 * Terraform would refuse them after that, and so do we.
 */
export class SavedPlans {
  readonly #context: EngineContext
  readonly #ledger: RunLedger
  readonly #states: StateVersionsRepository

  constructor(context: EngineContext, ledger: RunLedger) {
    this.#context = context
    this.#ledger = ledger
    this.#states = new StateVersionsRepository(context.db)
  }

  /** Notes the state that a plan was made of. Inside a transaction. */
  planned(runId: string, workspaceId: string): void {
    this.#context.runs.setPlannedState(runId, this.#currentState(workspaceId))
  }

  /** @throws {@link EngineError} `PLAN_STALE` */
  requireFresh(run: {
    readonly id: string
    readonly workspace_id: string
    readonly planned_state_id: string | null
  }): void {
    if (run.planned_state_id === this.#currentState(run.workspace_id)) return
    throw new EngineError(
      'PLAN_STALE',
      `The saved plan of the run ${run.id} is stale: the state has changed since it was made. Discard the run and queue a new one.`,
    )
  }

  /** Gives up those that another run's apply has made stale. Inside a transaction. */
  discardStale(workspaceId: string, appliedRunId: string): void {
    const current = this.#currentState(workspaceId)
    for (const run of this.#context.runs.inStatuses(workspaceId, ['planned_and_saved'])) {
      if (run.planned_state_id === current) continue
      this.#ledger.move(run.id, 'discarded', {
        reason: `The saved plan is stale: the run ${appliedRunId} has changed the state.`,
      })
    }
  }

  #currentState(workspaceId: string): string | null {
    return this.#states.current(workspaceId)?.id ?? null
  }
}

import {
  findConfiguration,
  findLatestConfiguration,
  findWorkspaceFacts,
  type ConfigurationFacts,
  type RunRow,
} from '../store/index.ts'
import type { EngineContext } from './engine-context.ts'
import { EngineError, type CreateRunInput } from './engine.ts'
import type { RunLedger } from './run-ledger.ts'
import type { RunQueue } from './run-queue.ts'
import { isConfirmable, isDiscardable } from './run-status.ts'
import type { SavedPlans } from './saved-plans.ts'

/** What people do to runs, but for cancelling. */
export class RunControl {
  readonly #context: EngineContext
  readonly #ledger: RunLedger
  readonly #queue: RunQueue
  readonly #savedPlans: SavedPlans

  constructor(
    context: EngineContext,
    parts: {
      readonly ledger: RunLedger
      readonly queue: RunQueue
      readonly savedPlans: SavedPlans
    },
  ) {
    this.#context = context
    this.#ledger = parts.ledger
    this.#queue = parts.queue
    this.#savedPlans = parts.savedPlans
  }

  create(input: CreateRunInput): string {
    const { db, ids, runs, phases, at } = this.#context
    return db.transaction(() => {
      const facts = findWorkspaceFacts(db, input.workspaceId)
      if (facts === undefined) {
        throw new EngineError('NOT_FOUND', `There is no workspace ${input.workspaceId}.`)
      }
      const configuration = this.#configuration(input)
      const id = ids('run')
      runs.insert({
        id,
        workspace_id: facts.id,
        configuration_version_id: configuration.id,
        source: input.source,
        message: input.message ?? null,
        is_destroy: Number(input.isDestroy ?? false),
        is_dry: input.isDry === true || configuration.is_dry === 1 ? 1 : 0,
        auto_apply: Number(input.autoApply ?? facts.auto_apply === 1),
        refresh: Number(input.refresh ?? true),
        refresh_only: Number(input.refreshOnly ?? false),
        save_plan: Number(input.savePlan ?? false),
        target_addrs_json: JSON.stringify(input.targetAddrs ?? []),
        replace_addrs_json: JSON.stringify(input.replaceAddrs ?? []),
        iac_platform: facts.iac_platform,
        created_by: input.createdBy,
        created_at: at(),
      })
      const variables = (input.variables ?? []).map((variable) => ({
        ...variable,
        hcl: Number(variable.hcl),
        sensitive: Number(variable.sensitive),
      }))
      runs.addVariables(id, variables)
      for (const phase of ['plan', 'apply'] as const) {
        phases.insert({ id: ids(phase), run_id: id, phase }, at())
      }
      this.#ledger.begin(id, { by: input.createdBy })
      this.#queue.advance(facts.id)
      return id
    })
  }

  #configuration(input: CreateRunInput): ConfigurationFacts {
    const { db } = this.#context
    const { configurationVersionId: id, workspaceId } = input
    const found =
      id === undefined ? findLatestConfiguration(db, workspaceId) : findConfiguration(db, id)
    if (found === undefined || found.workspace_id !== workspaceId) {
      throw new EngineError(
        id === undefined ? 'NO_CONFIGURATION' : 'NOT_FOUND',
        id === undefined
          ? `The workspace ${workspaceId} has no uploaded configuration version. Upload one first.`
          : `The workspace ${workspaceId} has no configuration version ${id}.`,
      )
    }
    if (found.status !== 'uploaded') {
      throw new EngineError(
        'NO_CONFIGURATION',
        `The configuration version ${found.id} is '${found.status}'. Upload its archive first.`,
      )
    }
    return found
  }

  confirm(runId: string, by: string | null): void {
    const { db } = this.#context
    db.transaction(() => {
      const run = this.#ledger.get(runId)
      if (!isConfirmable(run.status)) {
        throw new EngineError(
          'NOT_CONFIRMABLE',
          `The run ${runId} is '${run.status}' and does not wait for confirmation.`,
        )
      }
      if (run.status === 'planned_and_saved') this.#requireTurn(run)
      this.#ledger.move(runId, 'confirmed', { by })
      this.#queue.queueApply(run)
    })
  }

  /** A saved plan waits aside; it may not come between another run's plan and apply (I6). */
  #requireTurn(run: RunRow): void {
    const active = this.#queue.activeRun(run.workspace_id, run.id)
    if (active !== undefined) {
      throw new EngineError(
        'PLAN_NOT_NEXT',
        `The run ${active.id} of the same workspace is '${active.status}'. Confirm the saved plan when it has ended.`,
      )
    }
    this.#savedPlans.requireFresh(run)
  }

  discard(runId: string, by: string | null): void {
    const { db } = this.#context
    db.transaction(() => {
      const run = this.#ledger.get(runId)
      if (!isDiscardable(run.status)) {
        throw new EngineError(
          'NOT_DISCARDABLE',
          `The run ${runId} is '${run.status}' and does not wait for confirmation.`,
        )
      }
      this.#ledger.move(runId, 'discarded', { by })
      this.#queue.advance(run.workspace_id)
    })
  }

  /** Runs what was uploaded, if both the upload and the workspace say so. */
  configurationUploaded(
    configurationVersionId: string,
    run: { readonly source: string; readonly message: string | null } = {
      source: 'configuration-version',
      message: null,
    },
  ): string | undefined {
    const { db, runs } = this.#context
    const configuration = findConfiguration(db, configurationVersionId)
    if (configuration?.status !== 'uploaded' || configuration.auto_queue_runs === 0) {
      return undefined
    }
    const { workspace_id: workspaceId } = configuration
    const facts = findWorkspaceFacts(db, workspaceId)
    const isFirst = runs.countAppliable(workspaceId) === 0 && this.#isFirstUpload(configuration)
    switch (facts?.auto_queue_runs) {
      case undefined:
      case 'never':
        return undefined
      case 'skip_first':
        if (isFirst) return undefined
        break
      case 'on_create_only':
        if (!isFirst) return undefined
        break
      default:
    }
    return this.create({ workspaceId, configurationVersionId, ...run, createdBy: null })
  }

  #isFirstUpload(configuration: ConfigurationFacts): boolean {
    const row = this.#context.db.get(
      `SELECT 1 AS other FROM configuration_versions
       WHERE workspace_id = ? AND status = 'uploaded' AND is_dry = 0 AND id <> ? LIMIT 1`,
      configuration.workspace_id,
      configuration.id,
    )
    return row === undefined
  }
}

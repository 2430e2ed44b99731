import { jobFileNames, type FinishJobRequest } from '@scalr-agent/core/protocol'

import { findWorkspaceFacts, type RunRow } from '../store/index.ts'
import type { EngineContext } from './engine-context.ts'
import { EngineError } from './engine.ts'
import { policyRunFacts } from './policy-run-facts.ts'
import type { PolicyVerdict } from './policy-verdict.ts'
import type { RunAdvance } from './run-advance.ts'
import type { RunLedger } from './run-ledger.ts'
import { resolvePool, type RunQueue } from './run-queue.ts'

/** Policies stand between a plan with changes and what comes after it. */
export class PolicyGate {
  readonly #context: EngineContext
  readonly #ledger: RunLedger
  readonly #queue: RunQueue
  readonly #advance: RunAdvance

  constructor(
    context: EngineContext,
    parts: {
      readonly ledger: RunLedger
      readonly queue: RunQueue
      readonly advance: RunAdvance
    },
  ) {
    this.#context = context
    this.#ledger = parts.ledger
    this.#queue = parts.queue
    this.#advance = parts.advance
  }

  /**
   * Queues the check of a plan that succeeded with changes. Inside the transaction of its report.
   *
   * @returns whether there are policies to ask; without, the run goes on as it is
   */
  begin(run: RunRow, report: FinishJobRequest): boolean {
    const { db, ids, phases, policies, at } = this.#context
    const facts = findWorkspaceFacts(db, run.workspace_id)
    if (facts === undefined) return false
    const groups = policies.groupsOf(facts.environment_id)
    if (groups.length === 0) return false
    const phaseId = ids('polc')
    phases.insert({ id: phaseId, run_id: run.id, phase: 'policy' }, at())
    policies.addCheck({
      phaseId,
      groups,
      runFacts: policyRunFacts(this.#context, run, facts),
    })
    this.#ledger.move(run.id, 'planned')
    this.#ledger.move(run.id, 'policy_checking')
    if (report.files.some((file) => file.name === jobFileNames.planJson)) {
      phases.setStatus(phaseId, 'queued', at())
      this.#queue.queueJob(run, 'policy', resolvePool(facts) ?? '')
    } else {
      this.#end(run.id, phaseId, {
        status: 'errored',
        message:
          'The policies cannot be checked: the agent uploaded no plan as JSON. Queue a new run; if it happens again, see the log of the agent.',
      })
    }
    return true
  }

  /** The check has ended. Inside the transaction of its report. */
  ended(runId: string, phaseId: string, verdict: PolicyVerdict): void {
    this.#end(runId, phaseId, verdict)
  }

  /**
   * A person lets a run pass that failed soft-mandatory policies.
   *
   * @throws {@link EngineError} `NOT_FOUND`, `NOT_OVERRIDABLE`
   */
  override(
    phaseId: string,
    options: { readonly by: string | null; readonly comment: string | null },
  ): void {
    const { db, phases, policies, at } = this.#context
    db.transaction(() => {
      const check = policies.check(phaseId)
      if (check === undefined) {
        throw new EngineError('NOT_FOUND', `There is no policy check ${phaseId}.`)
      }
      const run = this.#ledger.get(check.run_id)
      if (check.status !== 'soft_failed' || run.status !== 'policy_override') {
        throw new EngineError(
          'NOT_OVERRIDABLE',
          `The policy check ${phaseId} is '${check.status}' and its run '${run.status}': there is nothing to override.`,
        )
      }
      policies.setOverride(phaseId, options)
      phases.setStatus(phaseId, 'overridden', at())
      this.#ledger.move(run.id, 'policy_checked', {
        by: options.by,
        reason: options.comment ?? 'The failed policies were overridden.',
      })
      this.#advance.goOn(run.id)
      this.#queue.advance(run.workspace_id)
    })
  }

  #end(runId: string, phaseId: string, verdict: PolicyVerdict): void {
    const { phases, policies, at } = this.#context
    const { status, result, message } = verdict
    policies.setResult(phaseId, {
      resultJson: result === undefined ? null : JSON.stringify(result),
      errorMessage: message ?? null,
    })
    phases.setStatus(phaseId, status, at())
    const change = message === undefined ? {} : { reason: message, errorMessage: message }
    switch (status) {
      case 'passed':
        this.#ledger.move(runId, 'policy_checked')
        this.#advance.goOn(runId)
        return
      case 'soft_failed':
        // A dry run has nothing that an override could let pass.
        if (this.#ledger.get(runId).is_dry === 1) this.#ledger.move(runId, 'errored', change)
        else this.#ledger.move(runId, 'policy_override', { reason: message })
        return
      case 'hard_failed':
      case 'errored':
        this.#ledger.move(runId, 'errored', change)
    }
  }
}

import type { RunLedger } from './run-ledger.ts'
import type { RunQueue } from './run-queue.ts'

/** What becomes of a run whose plan was made and which no policy holds up (any more). */
export class RunAdvance {
  readonly #ledger: RunLedger
  readonly #queue: RunQueue

  constructor(parts: { readonly ledger: RunLedger; readonly queue: RunQueue }) {
    this.#ledger = parts.ledger
    this.#queue = parts.queue
  }

  /** From `planning` or `policy_checked`: to its end, aside, to a person or to the apply. Inside a transaction. */
  goOn(runId: string): void {
    const run = this.#ledger.get(runId)
    if (run.is_dry === 1) {
      this.#ledger.move(runId, 'planned_and_finished')
      return
    }
    if (run.save_plan === 1) {
      this.#ledger.move(runId, 'planned_and_saved')
      return
    }
    if (run.status === 'planning') this.#ledger.move(runId, 'planned')
    if (run.auto_apply !== 1) return
    this.#ledger.move(runId, 'confirmed', { reason: 'The run applies automatically.' })
    this.#queue.queueApply(run)
  }
}

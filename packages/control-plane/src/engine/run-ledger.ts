import type { RunRow } from '../store/index.ts'
import type { EngineContext } from './engine-context.ts'
import { EngineError } from './engine.ts'
import { asPhaseStatus, phaseStatusFor } from './phase-status.ts'
import {
  asRunStatus,
  checkRunTransition,
  isTerminalRun,
  runStatuses,
  type RunStatus,
} from './run-status.ts'

export interface RunChange {
  /** Shown in the run's history. */
  readonly reason?: string | undefined
  /** The user who did it. */
  readonly by?: string | null | undefined
  /** Shown on the run when it ended badly. */
  readonly errorMessage?: string | undefined
}

/** The one writer of a run's status: row, timestamps, history, plan, apply and policy check move together. */
export class RunLedger {
  readonly #context: EngineContext

  readonly #onEnded: (runId: string) => void

  constructor(context: EngineContext, options: { readonly onEnded: (runId: string) => void }) {
    this.#context = context
    this.#onEnded = options.onEnded
  }

  /** @throws {@link EngineError} `NOT_FOUND` */
  get(runId: string): RunRow & { readonly status: RunStatus } {
    const run = this.#context.runs.get(runId)
    if (run === undefined) throw new EngineError('NOT_FOUND', `There is no run ${runId}.`)
    return { ...run, status: asRunStatus(run.status) }
  }

  /** The first status: what `move` does for every other. Inside a transaction. */
  begin(runId: string, change: RunChange): void {
    const { runs, at } = this.#context
    const now = at()
    runs.setTimestamp(runId, runStatuses[0], now)
    runs.addTransition(runId, runStatuses[0], { at: now, by: change.by, reason: change.reason })
  }

  /** Inside a transaction. @throws {@link EngineError} `ILLEGAL_STATE` */
  move(runId: string, to: RunStatus, change: RunChange = {}): void {
    const { db, runs, phases, events, at } = this.#context
    const run = this.get(runId)
    checkRunTransition(run.status, to)
    const now = at()
    runs.setStatus(run, to, { ...change, at: now, isTerminal: isTerminalRun(to) })
    for (const phase of ['plan', 'apply'] as const) {
      const row = phases.ofRun(runId, phase)
      if (row === undefined) continue
      const status = phaseStatusFor(phase, asPhaseStatus(row.status), to)
      if (status !== undefined) phases.setStatus(row.id, status, now)
    }
    const check = phases.ofRun(runId, 'policy')
    // What else a check comes to, `PolicyGate` sets.
    if (check?.status === 'queued' && (to === 'errored' || to === 'canceled')) {
      phases.setStatus(check.id, to, now)
    }
    if (isTerminalRun(to)) {
      db.afterCommit(() => {
        events.runEnded(to)
        this.#onEnded(runId)
      })
    }
  }
}

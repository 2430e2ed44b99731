import type { Run } from '../definitions/index.ts'
import type { CallOptions } from '../resource-client.ts'
import type { PlanSummary } from './plan-summary.ts'
import { runPhase } from './run-status.ts'
import type { WaitForRunOptions } from './wait-for-run.ts'

/** How to review a run. */
export interface ReviewOptions extends Omit<WaitForRunOptions, 'until'> {
  /** What becomes of a run that is not confirmed. @default 'leave' */
  readonly otherwise?: 'leave' | 'discard'
  /** Kept with the confirmation, or with the discarding. */
  readonly comment?: string
}

/** What came of a review. */
export interface ReviewedRun {
  /**
   * `confirmed`; or `left` as it was, or `discarded`, since the answer was no. `not-asked`: it ended, or waits
   * for something else than a confirmation.
   */
  readonly decision: 'confirmed' | 'left' | 'discarded' | 'not-asked'
  /** As it was when that was decided. */
  readonly run: Run
  /** `undefined` where nothing was asked. */
  readonly summary: PlanSummary | undefined
}

interface Runs {
  waitFor(id: string, options: WaitForRunOptions): Promise<Run>
  summary(id: string, options: CallOptions): Promise<PlanSummary>
  confirm(id: string, options: CallOptions & { readonly comment?: string }): Promise<void>
  discard(id: string, options: CallOptions & { readonly comment?: string }): Promise<void>
}

/** Waits for a run's plan and does with it what somebody decides who has seen what it would change. */
export async function reviewRun(
  runs: Runs,
  id: string,
  decide: (summary: PlanSummary, run: Run) => boolean | Promise<boolean>,
  options: ReviewOptions,
): Promise<ReviewedRun> {
  const { otherwise = 'leave', comment, ...wait } = options
  const run = await runs.waitFor(id, wait)
  if (!isConfirmable(run)) return { decision: 'not-asked', run, summary: undefined }
  const summary = await runs.summary(id, { signal: options.signal })
  const isWanted = await decide(summary, run)
  if (!isWanted && otherwise === 'leave') return { decision: 'left', run, summary }
  const rest = { signal: options.signal, ...(comment === undefined ? {} : { comment }) }
  if (isWanted) await runs.confirm(id, rest)
  else await runs.discard(id, rest)
  return { decision: isWanted ? 'confirmed' : 'discarded', run, summary }
}

function isConfirmable(run: Run): boolean {
  const isSaved = run.status === 'planned_and_saved'
  return isSaved || (runPhase(run) === 'waiting' && run.status !== 'policy_override')
}

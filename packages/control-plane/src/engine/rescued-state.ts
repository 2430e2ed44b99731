import { jobFileNames, type FinishJobRequest } from '@scalr-agent/core/protocol'

import { StateError, type StagedState, type StateStore } from '../state/index.ts'
import type { JobRow } from '../store/index.ts'
import type { EngineContext } from './engine-context.ts'
import { resultFile } from './job-input.ts'

/**
 * What became of a state that could not be written: it is the current one now (`stored`), it was already
 * (`unchanged`), or it does not follow the current one and is a file of the run (`kept`).
 */
export interface RescueOutcome {
  readonly outcome: 'stored' | 'unchanged' | 'kept'
  readonly serial: number | null
  /** Why it was kept. */
  readonly reason: string | null
}

/** What becomes of a state that a job could not write to the backend (I9). */
export interface RescuedState {
  /** Makes it the current state, if it still fits. Inside the transaction of the report. */
  commit(): RescueOutcome
  /** Outside of it: removes what is not needed. */
  settle(isCommitted: boolean): Promise<void>
}

/**
 * Looks at the state that came with the report. One that follows the current state becomes it; another
 * stays as a file of the run, and the run says so.
 */
export async function rescueState(
  context: EngineContext,
  states: StateStore,
  job: JobRow,
  report: FinishJobRequest,
): Promise<RescuedState | undefined> {
  const has = (name: string): boolean => report.files.some((file) => file.name === name)
  if (has(jobFileNames.erroredStates)) {
    const reason = 'It belongs to units of Terragrunt, which have backends of their own.'
    return { commit: () => kept(null, reason), settle: async () => {} }
  }
  if (!has(jobFileNames.erroredState)) return undefined
  const file = resultFile(job, jobFileNames.erroredState)
  const content = await context.files.readAll(file, { maxBytes: context.limits.stateBytes })
  let staged: StagedState
  try {
    staged = await states.stage(job.workspace_id, content, { runId: job.run_id, rescued: true })
  } catch (error) {
    if (!(error instanceof StateError)) throw error
    const { message } = error
    return { commit: () => kept(null, message), settle: async () => {} }
  }
  let outcome: RescueOutcome | undefined
  return {
    commit: () => {
      try {
        outcome = { outcome: staged.commit(), serial: staged.serial, reason: null }
      } catch (error) {
        if (!(error instanceof StateError)) throw error
        outcome = kept(staged.serial, error.message)
      }
      return outcome
    },
    settle: async (isCommitted) => {
      if (!isCommitted || outcome?.outcome !== 'stored') await staged.discard()
      // It lies among the states now: nobody needs it as evidence.
      if (isCommitted && outcome?.outcome !== 'kept') await context.files.remove(file)
    },
  }
}

/** For the run's error message. */
export function describeRescue(rescue: RescueOutcome, job: JobRow): string {
  if (rescue.outcome !== 'kept') {
    return `A state that could not be written was rescued and is now the current one (serial ${rescue.serial ?? ''}).`
  }
  const resource = job.phase === 'apply' ? 'applies' : 'plans'
  return (
    `A state that could not be written was rescued, but it is not the current one: ${rescue.reason ?? ''} ` +
    `It is kept as a file of the run: download it from /${resource}/${job.phase_id}/errored-state.`
  )
}

function kept(serial: number | null, reason: string): RescueOutcome {
  return { outcome: 'kept', serial, reason }
}

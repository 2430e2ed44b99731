import { jobFileNames, type FinishJobRequest } from '@scalr-agent/core/protocol'

import { StateError, type StagedState, type StateStore } from '../state/index.ts'
import type { JobRow } from '../store/index.ts'
import type { EngineContext } from './engine-context.ts'
import { resultFile } from './job-spec.ts'

/** What becomes of a state that a job could not write to the backend (I9). */
export interface RescuedState {
  /** Makes it the current state, if it still fits. Inside the transaction of the report. */
  commit(): void
  /** Outside of it: removes what is not needed. */
  settle(isCommitted: boolean): Promise<void>
  /** What became of it, for the run's error message. */
  readonly message: string
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
  if (!report.files.some((file) => file.name === jobFileNames.erroredState)) return undefined
  const file = resultFile(job, jobFileNames.erroredState)
  const content = await context.files.readAll(file, { maxBytes: context.limits.stateBytes })
  const kept = (why: string): string =>
    `A state that could not be written was rescued, but it is not the current one: ${why} It is kept as ${file} in the control plane's data directory.`
  let staged: StagedState
  try {
    staged = await states.stage(job.workspace_id, content, { runId: job.run_id, rescued: true })
  } catch (error) {
    if (!(error instanceof StateError)) throw error
    return { commit: () => {}, settle: async () => {}, message: kept(error.message) }
  }
  let message = ''
  let became: 'stored' | 'unchanged' | undefined
  return {
    commit: () => {
      try {
        became = staged.commit()
        message = `A state that could not be written was rescued and is now the current one (serial ${staged.serial}).`
      } catch (error) {
        if (!(error instanceof StateError)) throw error
        message = kept(error.message)
      }
    },
    settle: async (isCommitted) => {
      if (!isCommitted || became !== 'stored') await staged.discard()
      // It lies among the states now: nobody needs it as evidence.
      if (isCommitted && became !== undefined) await context.files.remove(file)
    },
    get message() {
      return message
    },
  }
}

import { jobFileNames, type JobFileName } from '../protocol/index.ts'
import { jobLayout } from './job-layout.ts'

/** A file of the job directory that belongs to the job's result where it exists. */
export interface ResultFile {
  readonly name: JobFileName
  /** Relative to the job directory, for `Workload.readFiles`. */
  readonly path: string
  /**
   * How a directory at that path becomes one file: `archive`, a tar.gz of what lies below; `plans`, the one
   * document that `mergePlans` makes of each `<unit>/plan.json`.
   */
  readonly pack?: 'archive' | 'plans' | undefined
}

/** What a plan or an apply leaves, in its working directory and in ours. */
export function resultFiles(
  phase: 'plan' | 'apply',
  workingDirectory: string,
): readonly ResultFile[] {
  const directory = [jobLayout.configuration, workingDirectory].filter((part) => part !== '')
  // Where the tool leaves a state that it could not write to the backend (I9).
  const erroredState = {
    name: jobFileNames.erroredState,
    path: `${directory.join('/')}/${jobFileNames.erroredState}`,
  }
  if (phase === 'apply') return [erroredState]
  return [
    { name: jobFileNames.plan, path: jobLayout.plan },
    { name: jobFileNames.planJson, path: jobLayout.planJson },
    { name: jobFileNames.lockFile, path: jobLayout.lockFile },
    erroredState,
  ]
}

/** What the units of a run-all leave. */
export function unitResultFiles(phase: 'plan' | 'apply'): readonly ResultFile[] {
  if (phase === 'apply') {
    return [{ name: jobFileNames.erroredStates, path: jobLayout.unitStates, pack: 'archive' }]
  }
  return [
    { name: jobFileNames.plan, path: jobLayout.units, pack: 'archive' },
    { name: jobFileNames.planJson, path: jobLayout.unitPlans, pack: 'plans' },
  ]
}

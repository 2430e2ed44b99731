import type { CommitState } from '../forge/index.ts'

/** What a commit is told of a run. Descriptions are short: GitHub takes 140 characters. */
export function statusOfRun(run: {
  readonly run_status: string
  readonly is_dry: number
  readonly has_changes: number
}): { readonly state: CommitState; readonly description: string } {
  switch (run.run_status) {
    case 'applied':
      return { state: 'success', description: 'Applied.' }
    case 'planned_and_finished':
      return {
        state: 'success',
        description: run.has_changes === 1 ? 'Planned, with changes.' : 'Planned: no changes.',
      }
    case 'errored':
      return { state: 'failure', description: 'The run failed.' }
    case 'canceled':
      return { state: 'error', description: 'The run was canceled.' }
    case 'discarded':
      return { state: 'error', description: 'The run was discarded.' }
    case 'planned':
    case 'policy_checked':
    case 'planned_and_saved':
      return { state: 'pending', description: 'Planned; waits for confirmation.' }
    case 'policy_override':
      return { state: 'pending', description: 'Policies failed; waits for an override.' }
    case 'confirmed':
    case 'apply_queued':
    case 'applying':
      return { state: 'pending', description: 'Applying.' }
    default:
      return { state: 'pending', description: 'Planning.' }
  }
}

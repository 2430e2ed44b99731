import type { Run } from '../definitions/index.ts'

/**
 * Where a run stands, as far as somebody who waits for it cares: `ended` for good, `waiting` for a person
 * (confirmation, an override of policies), or `working`. Statuses that only newer servers know are `working`.
 */
export type RunPhase = 'working' | 'waiting' | 'ended'

const ended: readonly Run['status'][] = [
  'applied',
  'canceled',
  'discarded',
  'errored',
  'planned_and_finished',
  'planned_and_saved',
]

/** These wait only where the run does not go on by itself. */
const confirmable: readonly Run['status'][] = ['planned', 'policy_checked']

export function runPhase(
  run: Pick<Run, 'status' | 'autoApply'> & Partial<Pick<Run, 'isDry'>>,
): RunPhase {
  if (ended.includes(run.status)) return 'ended'
  if (run.status === 'policy_override') return 'waiting'
  const goesOn = run.autoApply === true || run.isDry === true
  return confirmable.includes(run.status) && !goesOn ? 'waiting' : 'working'
}

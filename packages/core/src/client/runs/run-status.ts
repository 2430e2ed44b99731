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

const waiting: readonly Run['status'][] = ['planned', 'policy_override']

export function runPhase(run: Pick<Run, 'status' | 'autoApply'>): RunPhase {
  if (ended.includes(run.status)) return 'ended'
  // On its way to its apply, without anybody's help.
  if (run.status === 'planned' && run.autoApply === true) return 'working'
  return waiting.includes(run.status) ? 'waiting' : 'working'
}

import { EngineError } from './engine.ts'

/** Scalr's statuses that our runs go through. */
export const runStatuses = [
  'pending',
  'plan_queued',
  'planning',
  'planned',
  'planned_and_saved',
  'policy_checking',
  'policy_override',
  'policy_checked',
  'confirmed',
  'apply_queued',
  'applying',
  'applied',
  'planned_and_finished',
  'errored',
  'canceled',
  'discarded',
] as const
export type RunStatus = (typeof runStatuses)[number]

/**
 * Every legal step. A plan goes back from `planning` to `plan_queued` when its agent was lost; an apply
 * never does (I6). A check of policies has one status, whether it waits for an agent or is at work.
 */
const runTransitions = {
  pending: ['plan_queued', 'errored', 'canceled', 'discarded'],
  plan_queued: ['planning', 'errored', 'canceled'],
  planning: [
    'plan_queued',
    'planned',
    'planned_and_saved',
    'planned_and_finished',
    'errored',
    'canceled',
  ],
  planned: ['policy_checking', 'confirmed', 'discarded'],
  policy_checking: ['policy_checked', 'policy_override', 'errored', 'canceled'],
  policy_override: ['policy_checked', 'discarded'],
  policy_checked: ['planned_and_saved', 'planned_and_finished', 'confirmed', 'discarded'],
  planned_and_saved: ['confirmed', 'discarded'],
  confirmed: ['apply_queued'],
  apply_queued: ['applying', 'errored', 'canceled'],
  applying: ['applied', 'errored', 'canceled'],
  applied: [],
  planned_and_finished: [],
  errored: [],
  canceled: [],
  discarded: [],
} as const satisfies Record<RunStatus, readonly RunStatus[]>

/** While a run has one of these, no other run of its workspace starts. A saved plan waits aside. */
export const activeStatuses = [
  'plan_queued',
  'planning',
  'planned',
  'policy_checking',
  'policy_override',
  'policy_checked',
  'confirmed',
  'apply_queued',
  'applying',
] as const satisfies readonly RunStatus[]

/** Whether the run waits for a person's word. */
export function isConfirmable(status: RunStatus): boolean {
  return ['planned', 'policy_checked', 'planned_and_saved'].includes(status)
}

/** Whether a person may give the run up. */
export function isDiscardable(status: RunStatus): boolean {
  return isConfirmable(status) || status === 'policy_override' || status === 'pending'
}

/** Whether a job of the run is queued or at work. */
export function hasJob(status: RunStatus): boolean {
  return ['plan_queued', 'planning', 'policy_checking', 'apply_queued', 'applying'].includes(status)
}

/** Whether the run has ended. */
export function isTerminalRun(status: RunStatus): boolean {
  return runTransitions[status].length === 0
}

/** @throws {@link EngineError} `ILLEGAL_STATE` for a step that the table does not hold. */
export function checkRunTransition(from: RunStatus, to: RunStatus): void {
  const legal: readonly RunStatus[] = runTransitions[from]
  if (!legal.includes(to)) {
    throw new EngineError('ILLEGAL_STATE', `A run cannot go from '${from}' to '${to}'.`)
  }
}

/** The column's value. @throws {TypeError} when the database holds something else */
export function asRunStatus(value: string): RunStatus {
  const status = runStatuses.find((candidate) => candidate === value)
  if (status === undefined) throw new TypeError(`Not a status of a run: '${value}'`)
  return status
}

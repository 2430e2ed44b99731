import { describe, expect, it } from 'vitest'

import { phaseStatusFor } from '../../src/engine/phase-status.ts'
import {
  activeStatuses,
  checkRunTransition,
  isTerminalRun,
  runStatuses,
  type RunStatus,
} from '../../src/engine/run-status.ts'

/** Written out again, so that a change of the table is a change of a test. */
const legal: readonly string[] = [
  'pending → plan_queued',
  'pending → errored',
  'pending → canceled',
  'pending → discarded',
  'plan_queued → planning',
  'plan_queued → errored',
  'plan_queued → canceled',
  'planning → plan_queued',
  'planning → planned',
  'planning → planned_and_saved',
  'planning → planned_and_finished',
  'planning → errored',
  'planning → canceled',
  'planned → policy_checking',
  'planned → confirmed',
  'planned → discarded',
  'policy_checking → policy_checked',
  'policy_checking → policy_override',
  'policy_checking → errored',
  'policy_checking → canceled',
  'policy_override → policy_checked',
  'policy_override → discarded',
  'policy_checked → planned_and_saved',
  'policy_checked → planned_and_finished',
  'policy_checked → confirmed',
  'policy_checked → discarded',
  'planned_and_saved → confirmed',
  'planned_and_saved → discarded',
  'confirmed → apply_queued',
  'apply_queued → applying',
  'apply_queued → errored',
  'apply_queued → canceled',
  'applying → applied',
  'applying → errored',
  'applying → canceled',
]

describe('the statuses of a run', () => {
  const pairs = runStatuses.flatMap((from) => runStatuses.map((to) => ({ from, to })))

  it.each(pairs)('$from → $to', ({ from, to }) => {
    const step = (): void => checkRunTransition(from, to)
    if (legal.includes(`${from} → ${to}`)) expect(step).not.toThrow()
    else expect(step).toThrow(`from '${from}' to '${to}'`)
  })

  it('I6: an apply that was started is never queued again', () => {
    expect(() => checkRunTransition('applying', 'apply_queued')).toThrow()
  })

  it('ends in five of them, none of which holds the queue', () => {
    const terminal = runStatuses.filter(isTerminalRun)
    expect(terminal).toEqual([
      'applied',
      'planned_and_finished',
      'errored',
      'canceled',
      'discarded',
    ])
    expect(activeStatuses.filter(isTerminalRun)).toEqual([])
  })
})

describe('the status of plan and apply', () => {
  it.each<[RunStatus, 'plan' | 'apply', string, string | undefined]>([
    ['plan_queued', 'plan', 'pending', 'queued'],
    ['planning', 'plan', 'queued', 'running'],
    ['plan_queued', 'plan', 'running', 'queued'],
    ['planned', 'plan', 'running', 'finished'],
    ['planned', 'apply', 'pending', undefined],
    ['planned_and_finished', 'apply', 'pending', 'unreachable'],
    ['apply_queued', 'apply', 'pending', 'queued'],
    ['applying', 'apply', 'queued', 'running'],
    ['applied', 'apply', 'running', 'finished'],
    ['errored', 'plan', 'running', 'errored'],
    ['errored', 'apply', 'pending', 'unreachable'],
    ['errored', 'plan', 'finished', undefined],
    ['canceled', 'plan', 'pending', 'unreachable'],
    ['canceled', 'apply', 'running', 'canceled'],
    ['discarded', 'apply', 'pending', 'unreachable'],
    ['discarded', 'plan', 'finished', undefined],
  ])('a run that is %s turns its %s from %s to %s', (run, phase, from, to) => {
    expect(phaseStatusFor(phase, from as 'pending', run)).toBe(to)
  })
})

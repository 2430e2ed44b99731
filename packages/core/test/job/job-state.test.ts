import { describe, expect, it } from 'vitest'

import { IllegalStateError } from '../../src/errors/index.ts'
import { isTerminal, jobEvents, jobTransitions, transition } from '../../src/job/index.ts'
import { jobStates, type JobState } from '../../src/protocol/index.ts'

describe('the state machine of a job', () => {
  const pairs = jobStates.flatMap((state) => jobEvents.map((event) => ({ state, event })))

  it.each(pairs)(
    'I4: $state + $event goes where the table says, or nowhere',
    ({ state, event }) => {
      const expected = (jobTransitions[state] as Partial<Record<string, JobState>>)[event]
      if (expected === undefined) {
        expect(() => transition(state, event)).toThrow(IllegalStateError)
      } else expect(transition(state, event)).toBe(expected)
    },
  )

  it('I4: ends in exactly four terminal states, from which nothing leads on', () => {
    const terminal = jobStates.filter((state) => isTerminal(state))
    expect(terminal).toEqual(['succeeded', 'failed', 'canceled', 'lost'])
  })

  it('I4: reaches a terminal state from every state, whatever happens', () => {
    for (const start of jobStates) {
      const seen = new Set<JobState>([start])
      for (const state of seen) {
        for (const next of Object.values(jobTransitions[state])) seen.add(next)
      }
      expect([...seen].some((state) => isTerminal(state))).toBe(true)
    }
  })

  it('can lose its lease in every state that is not terminal', () => {
    for (const state of jobStates) {
      if (!isTerminal(state)) expect(transition(state, 'lose')).toBe('lost')
    }
  })

  it('I2: never succeeds without having reported', () => {
    const before = jobStates.filter((state) =>
      Object.values<JobState>(jobTransitions[state]).includes('succeeded'),
    )
    expect(before).toEqual(['reporting'])
  })
})

import type { Outcome } from '@scalr-agent/core'
import { describe, expect, it } from 'vitest'

import { explainRefusal, outcomeOf } from '../../src/container/outcome.ts'

const ended = { exitCode: 0, oomKilled: false, error: '' }
const record = { memoryBytes: 1000, deadlineMs: 5000 }
const main = { main: '12\n' }
const lost = expect.objectContaining({ kind: 'lost' })

const cases: readonly (readonly [
  string,
  Readonly<Record<string, string>>,
  Partial<typeof ended>,
  Outcome,
])[] = [
  [
    'an exit record',
    { ...main, exit: 'exit 1 3 10 0 900 end\n   ' },
    {},
    { kind: 'exited', exitCode: 3 },
  ],
  [
    'a record, whatever the engine says',
    { ...main, exit: 'exit 1 0 10 - - end\n' },
    { exitCode: 137, oomKilled: true },
    { kind: 'exited', exitCode: 0 },
  ],
  [
    'a signal',
    { ...main, exit: 'exit 1 143 0 0 5 end\n' },
    {},
    { kind: 'signaled', signal: 'SIGTERM' },
  ],
  [
    'memory that the main process lacked',
    { ...main, exit: 'exit 1 137 0 1 999 end\n' },
    {},
    { kind: 'out-of-memory', limitBytes: 1000, peakBytes: 999 },
  ],
  [
    'memory that a child lacked',
    { ...main, exit: 'exit 1 4 0 2 - end\n' },
    { oomKilled: true },
    { kind: 'exited', exitCode: 4, memoryExceeded: { limitBytes: 1000 } },
  ],
  [
    'the deadline',
    { ...main, deadline: '', exit: 'exit 1 137 0 0 5 end\n' },
    {},
    { kind: 'deadline', deadlineMs: 5000 },
  ],
  [
    'an end by itself at the moment of the deadline',
    { ...main, deadline: '', exit: 'exit 1 0 0 0 5 end\n' },
    {},
    { kind: 'exited', exitCode: 0 },
  ],
  [
    'our own kill',
    { ...main, killed: '' },
    { exitCode: 137 },
    { kind: 'signaled', signal: 'SIGKILL' },
  ],
  [
    'memory that took the supervisor as well',
    main,
    { exitCode: 137, oomKilled: true },
    { kind: 'out-of-memory', limitBytes: 1000 },
  ],
]

describe('outcomeOf', () => {
  it.each(cases)('tells %s', (_what, marks, engine, expected) => {
    expect(outcomeOf(new Map(Object.entries(marks)), { ...ended, ...engine }, record)).toEqual(
      expected,
    )
  })

  it.each([
    ['no record', main],
    ['half a record', { ...main, exit: 'exit 1 0 10' }],
    ['an empty record', { ...main, exit: '' }],
    ['the code alone', { ...main, code: '0\n' }],
  ])('I2: %s and exit code 0 of the container is lost, never a success', (_what, marks) => {
    expect(outcomeOf(new Map(Object.entries(marks)), ended, record)).toEqual(lost)
  })

  it('tells what was refused, with the evidence that was left', () => {
    const outcome = { kind: 'not-started', cause: 'start-timeout', evidence: 'too slow' } as const
    const marks = new Map([['not-started', JSON.stringify(outcome)]])
    expect(outcomeOf(marks, ended, record)).toEqual(outcome)
  })

  it('I2: what never ran its main process was not started, whatever its exit code', () => {
    expect(outcomeOf(new Map(), ended, record)).toMatchObject({
      kind: 'not-started',
      cause: 'rejected',
    })
  })
})

describe('explainRefusal', () => {
  it.each([
    ['exec /bin/sh: exec format error', 'another kind of processor'],
    ['exec: "/bin/sh": stat /bin/sh: no such file or directory: unknown', 'no /bin/sh'],
    ['something else', 'something else'],
  ])('of %j speaks of %s', (error, expected) => {
    expect(explainRefusal({ ...ended, exitCode: 127, error })).toContain(expected)
  })
})

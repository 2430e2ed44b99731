import { describe, expect, it } from 'vitest'

import type { ExitRecord } from '../../src/container/exit-record.ts'
import {
  notStartedOf,
  outcomeOfExit,
  outcomeOfMarks,
} from '../../src/container/outcome-of-marks.ts'

const limits = { memoryBytes: 1000, deadlineMs: 5000 }

function exit(exitCode: number, oomKills = 0): ExitRecord {
  return { exitCode, oomKills, outputBytes: 0, peakBytes: 900 }
}

function marks(found: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries({ main: '12\n', ...found }))
}

describe('the outcome of an exit record', () => {
  it('is the exit code up to 128 and from 160', () => {
    for (const exitCode of [0, 1, 127, 128, 160, 255]) {
      expect(outcomeOfExit(exit(exitCode), limits, false)).toEqual({ kind: 'exited', exitCode })
    }
  })

  it('is a signal with a name from 129 to 159', () => {
    for (let code = 129; code < 160; code += 1) {
      expect(outcomeOfExit(exit(code), limits, false)).toMatchObject({
        kind: 'signaled',
        signal: expect.stringMatching(/^SIG[A-Z0-9]+$/u),
      })
    }
    expect(outcomeOfExit(exit(143), limits, false)).toEqual({ kind: 'signaled', signal: 'SIGTERM' })
    expect(outcomeOfExit(exit(134), limits, false)).toEqual({ kind: 'signaled', signal: 'SIGABRT' })
  })

  it('is out of memory when the main process was killed and the cgroup says for what', () => {
    const expected = { kind: 'out-of-memory', limitBytes: 1000, peakBytes: 900 }
    expect(outcomeOfExit(exit(137, 1), limits, false)).toEqual(expected)
  })

  it('keeps the exit code when only a child died at the limit', () => {
    expect(outcomeOfExit(exit(1, 1), limits, false)).toEqual({
      kind: 'exited',
      exitCode: 1,
      memoryExceeded: { limitBytes: 1000, peakBytes: 900 },
    })
  })

  it('blames no memory for our own SIGKILL, nor where there was no limit', () => {
    const killed = { kind: 'signaled', signal: 'SIGKILL' }
    expect(outcomeOfExit(exit(137, 1), limits, true)).toEqual(killed)
    expect(outcomeOfExit(exit(137, 1), {}, false)).toEqual(killed)
  })
})

describe('outcomeOfMarks', () => {
  const killedRecord = 'exit 1 137 10 1 900 end\n'

  it('tells the deadline only of what it ended', () => {
    expect(outcomeOfMarks(marks({ deadline: '', exit: killedRecord }), limits)).toEqual({
      kind: 'deadline',
      deadlineMs: 5000,
    })
    const itself = marks({ deadline: '', exit: 'exit 1 0 10 0 900 end\n' })
    expect(outcomeOfMarks(itself, limits)).toEqual({ kind: 'exited', exitCode: 0 })
  })

  it('takes our own kill for no lack of memory', () => {
    expect(outcomeOfMarks(marks({ killed: '', exit: killedRecord }), limits)).toEqual({
      kind: 'signaled',
      signal: 'SIGKILL',
    })
  })

  it.each<readonly [string, Readonly<Record<string, string>>]>([
    ['nothing', {}],
    ['half a record', { exit: 'exit 1 0 10' }],
    ['the code alone', { code: '0\n' }],
    ['a deadline', { deadline: '' }],
  ])('I2: proves nothing by %s', (_what, found) => {
    expect(outcomeOfMarks(marks(found), limits)).toBeUndefined()
  })
})

it('a forbidden start tells why, and what a job scribbled there tells nothing', () => {
  const outcome = { kind: 'not-started', cause: 'start-timeout', evidence: 'too slow' }
  expect(notStartedOf(marks({ 'not-started': JSON.stringify(outcome) }))).toEqual(outcome)
  expect(notStartedOf(marks({ 'not-started': '{"kind":"exited"' }))).toBeUndefined()
  expect(notStartedOf(marks({}))).toBeUndefined()
})

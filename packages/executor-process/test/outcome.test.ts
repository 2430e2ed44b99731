import { describe, expect, it } from 'vitest'

import { outcomeOf } from '../src/outcome.ts'
import type { ExitRecord, WorkloadRecord } from '../src/records.ts'

const record: WorkloadRecord = {
  version: 1,
  id: 'w',
  agentId: 'a',
  directory: 'w',
  labels: {},
  createdAt: '2026-01-01T00:00:00Z',
  launcher: { pid: 1, startTime: '1', bootId: '' },
  memoryBytes: 1000,
}

function exit(exitCode: number, oomKills = 0): ExitRecord {
  return { exitCode, oomKills, outputBytes: 0, peakBytes: 900 }
}

describe('the outcome of an exit record', () => {
  it('is the exit code up to 128 and from 160', () => {
    for (const exitCode of [0, 1, 127, 128, 160, 255]) {
      expect(outcomeOf(exit(exitCode), record, false)).toEqual({ kind: 'exited', exitCode })
    }
  })

  it('is a signal with a name from 129 to 159', () => {
    for (let code = 129; code < 160; code += 1) {
      expect(outcomeOf(exit(code), record, false)).toMatchObject({
        kind: 'signaled',
        signal: expect.stringMatching(/^SIG[A-Z0-9]+$/u),
      })
    }
    expect(outcomeOf(exit(143), record, false)).toEqual({ kind: 'signaled', signal: 'SIGTERM' })
    expect(outcomeOf(exit(134), record, false)).toEqual({ kind: 'signaled', signal: 'SIGABRT' })
  })

  it('is out of memory when the main process was killed and the cgroup says for what', () => {
    const expected = { kind: 'out-of-memory', limitBytes: 1000, peakBytes: 900 }
    expect(outcomeOf(exit(137, 1), record, false)).toEqual(expected)
  })

  it('keeps the exit code when only a child died at the limit', () => {
    expect(outcomeOf(exit(1, 1), record, false)).toEqual({
      kind: 'exited',
      exitCode: 1,
      memoryExceeded: { limitBytes: 1000, peakBytes: 900 },
    })
  })

  it('blames no memory for our own SIGKILL, nor where there was no limit', () => {
    const killed = { kind: 'signaled', signal: 'SIGKILL' }
    expect(outcomeOf(exit(137, 1), record, true)).toEqual(killed)
    expect(outcomeOf(exit(137, 1), { ...record, memoryBytes: undefined }, false)).toEqual(killed)
  })
})

import { describe, expect, it } from 'vitest'

import type { Outcome } from '../../src/executor/index.ts'
import type { StageMarker } from '../../src/logs/index.ts'
import { interpretResult, type StopCause } from '../../src/run/index.ts'

const end = (stage: string, exitCode: number): StageMarker => ({ event: 'end', stage, exitCode })
const begin = (stage: string): StageMarker => ({ event: 'begin', stage })
const result = (exitCode: number): StageMarker => ({ event: 'result', exitCode })
const exited = (exitCode: number): Outcome => ({ kind: 'exited', exitCode })
const lost: Outcome = { kind: 'lost', evidence: 'gone' }
const killed: Outcome = { kind: 'signaled', signal: 'SIGKILL' }

interface Row {
  readonly name: string
  readonly outcome: Outcome
  readonly markers: readonly StageMarker[]
  readonly stopCause?: StopCause
  readonly gives: readonly [result: string, cause: string | undefined, exitCode: number | null]
}

const allGood = [end('init', 0), end('plan', 2), end('show', 0), result(0)]

const rows: readonly Row[] = [
  {
    name: 'success needs the exit record and the marker',
    outcome: exited(0),
    markers: allGood,
    gives: ['succeeded', undefined, 0],
  },
  {
    name: 'work that was done in spite of a cancel is done',
    outcome: exited(0),
    markers: allGood,
    stopCause: 'canceled',
    gives: ['succeeded', undefined, 0],
  },
  {
    name: 'I2: exit 0 without the marker',
    outcome: exited(0),
    markers: allGood.slice(0, -1),
    gives: ['lost', 'lost', 0],
  },
  {
    name: 'I2: exit 0 with another result in the marker',
    outcome: exited(0),
    markers: [end('plan', 1), result(1)],
    gives: ['lost', 'lost', 1],
  },
  {
    name: 'I2: the marker alone',
    outcome: lost,
    markers: allGood,
    gives: ['lost', 'lost', null],
  },
  { name: 'I2: nothing at all', outcome: lost, markers: [], gives: ['lost', 'lost', null] },
  {
    name: 'the marker says 0, the record does not',
    outcome: exited(1),
    markers: allGood,
    gives: ['failed', 'exit-code', 1],
  },
  {
    name: 'a failed tool',
    outcome: exited(1),
    markers: [end('init', 0), end('plan', 1), end('post-plan', 0), result(1)],
    gives: ['failed', 'exit-code', 1],
  },
  {
    name: 'a tool that was not there',
    outcome: exited(127),
    markers: [end('prepare', 127), result(127)],
    gives: ['failed', 'tool-not-found', 127],
  },
  {
    name: 'a hook that ended with 127',
    outcome: exited(127),
    markers: [end('prepare', 0), end('pre-init', 127), result(127)],
    gives: ['failed', 'hook-failed', 127],
  },
  {
    name: 'an init that failed',
    outcome: exited(1),
    markers: [end('prepare', 0), end('init', 1), result(1)],
    gives: ['failed', 'init-failed', 1],
  },
  {
    name: 'an init that took another backend than the run must use',
    outcome: exited(78),
    markers: [end('prepare', 0), end('init', 78), result(78)],
    gives: ['failed', 'preparation', 78],
  },
  {
    name: 'a post hook that failed after a good plan',
    outcome: exited(9),
    markers: [end('plan', 2), end('show', 0), end('post-plan', 9), result(9)],
    gives: ['failed', 'hook-failed', 9],
  },
  {
    name: 'a post hook that failed after a failed plan',
    outcome: exited(1),
    markers: [end('plan', 1), end('post-plan', 9), result(1)],
    gives: ['failed', 'exit-code', 1],
  },
  {
    name: 'a working directory that was not there',
    outcome: exited(78),
    markers: [end('prepare', 78), result(78)],
    gives: ['failed', 'preparation', 78],
  },
  ...(['canceled', 'timeout', 'lease-lost', 'soft-memory-limit'] as const).flatMap((stopCause) =>
    [exited(1), killed].map((outcome): Row => {
      const word = stopCause === 'canceled' ? 'canceled' : 'failed'
      return {
        name: `${outcome.kind} after an interrupt for ${stopCause}`,
        outcome,
        markers: [end('apply', 1)],
        stopCause,
        gives: [word, stopCause, 1],
      }
    }),
  ),
  {
    name: 'a cancel is no excuse for a lost workload',
    outcome: lost,
    markers: [],
    stopCause: 'canceled',
    gives: ['lost', 'lost', null],
  },
  {
    name: 'a kill in the middle of a stage: what ended well before says nothing of it',
    outcome: killed,
    markers: [end('prepare', 0), end('init', 0), begin('plan')],
    stopCause: 'canceled',
    gives: ['canceled', 'canceled', null],
  },
  {
    name: 'a kill from outside',
    outcome: killed,
    markers: [],
    gives: ['failed', 'signaled', null],
  },
  {
    name: 'memory',
    outcome: { kind: 'out-of-memory', limitBytes: 1 },
    markers: [],
    gives: ['failed', 'out-of-memory', null],
  },
  {
    name: 'memory of a child',
    outcome: { kind: 'exited', exitCode: 1, memoryExceeded: { limitBytes: 1 } },
    markers: [end('plan', 1), result(1)],
    gives: ['failed', 'out-of-memory', 1],
  },
  {
    name: 'a workload that never started',
    outcome: { kind: 'not-started', cause: 'image-pull', evidence: '' },
    markers: [],
    gives: ['failed', 'not-started', null],
  },
  {
    name: 'an eviction',
    outcome: { kind: 'evicted', evidence: '' },
    markers: [],
    gives: ['failed', 'evicted', null],
  },
  {
    name: "the engine's deadline",
    outcome: { kind: 'deadline', deadlineMs: 1 },
    markers: [],
    gives: ['failed', 'timeout', null],
  },
]

describe('interpretResult', () => {
  it.each(rows)('$name', ({ outcome, markers, stopCause, gives }) => {
    const told = interpretResult({ phase: 'plan', outcome, markers, stopCause })
    expect([told.result, told.cause, told.exitCode]).toEqual(gives)
  })

  it('tells whether a plan has changes, and the stage that failed or was cut', () => {
    const of = (markers: readonly StageMarker[], exitCode: number): unknown => {
      const told = interpretResult({ phase: 'plan', outcome: exited(exitCode), markers })
      return [told.hasChanges, told.failedStage]
    }
    expect(of(allGood, 0)).toEqual([true, undefined])
    expect(of([end('plan', 0), end('show', 0), result(0)], 0)).toEqual([false, undefined])
    expect(of([end('plan', 1), result(1)], 1)).toEqual([undefined, 'plan'])
    expect(of([end('init', 0), begin('plan')], 1)).toEqual([undefined, 'plan'])
  })

  it('keeps what the phase itself came to when a post hook failed the job', () => {
    const of = (phase: 'plan' | 'apply', markers: readonly StageMarker[]): unknown => {
      const told = interpretResult({ phase, outcome: exited(9), markers })
      return [told.result, told.failedStage, told.phaseExitCode, told.hasChanges]
    }
    expect(of('plan', [end('plan', 2), end('show', 0), end('post-plan', 9), result(9)])).toEqual([
      'failed',
      'post-plan',
      2,
      true,
    ])
    expect(of('apply', [end('apply', 0), end('post-apply', 9), result(9)])).toEqual([
      'failed',
      'post-apply',
      0,
      undefined,
    ])
    expect(of('apply', [end('init', 0), begin('apply')])).toEqual([
      'failed',
      'apply',
      undefined,
      undefined,
    ])
  })
})

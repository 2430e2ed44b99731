import type { Outcome } from '@scalr-agent/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { goneOutcome, podEnd } from '../../src/pod/pod-outcome.ts'
import { podOf, record, type End } from './pod-parts.ts'

const lost = expect.objectContaining({ kind: 'lost' })
const disruption = {
  conditions: [
    {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
    },
  ],
}

const cases: readonly (readonly [string, End, Outcome, number | undefined])[] = [
  [
    'an exit record',
    { exitCode: 3, reason: 'Error', message: 'exit 1 3 10 0 900 end\nmarks\n' },
    { kind: 'exited', exitCode: 3 },
    10,
  ],
  [
    'a record of success, although the kubelet speaks of memory (cgroup v1)',
    { exitCode: 0, reason: 'OOMKilled', message: 'exit 1 0 10 0 900 end\nmarks\n' },
    { kind: 'exited', exitCode: 0 },
    10,
  ],
  [
    'a signal',
    { exitCode: 143, reason: 'Error', message: 'exit 1 143 0 0 5 end\nmarks\n' },
    { kind: 'signaled', signal: 'SIGTERM' },
    0,
  ],
  [
    'memory that the main process lacked',
    { exitCode: 137, reason: 'OOMKilled', message: 'exit 1 137 0 1 999 end\nmarks\n' },
    { kind: 'out-of-memory', limitBytes: 1000, peakBytes: 999 },
    0,
  ],
  [
    'memory that a child lacked, where the kubelet says OOMKilled of it all',
    { exitCode: 4, reason: 'OOMKilled', message: 'exit 1 4 0 2 - end\nmarks\n' },
    { kind: 'exited', exitCode: 4, memoryExceeded: { limitBytes: 1000 } },
    0,
  ],
  [
    'memory that took the supervisor along (cgroup v2)',
    { exitCode: 137, reason: 'OOMKilled' },
    { kind: 'out-of-memory', limitBytes: 1000 },
    undefined,
  ],
  [
    'the deadline',
    { exitCode: 137, message: 'exit 1 137 0 0 5 end\nmarks deadline\n' },
    { kind: 'deadline', deadlineMs: 5000 },
    0,
  ],
  [
    'our own kill',
    { exitCode: 137, message: 'exit 1 137 0 1 5 end\nmarks killed\n' },
    { kind: 'signaled', signal: 'SIGKILL' },
    0,
  ],
  [
    'files that came too late',
    { exitCode: 125, message: 'late\n' },
    {
      kind: 'not-started',
      cause: 'start-timeout',
      evidence: 'Its files were not there within 60000 ms (startTimeoutMs).',
    },
    0,
  ],
  [
    'a container that could not be made',
    { exitCode: 128, reason: 'StartError', message: 'no such file' },
    { kind: 'not-started', cause: 'rejected', evidence: 'StartError: no such file.' },
    0,
  ],
]

describe('podEnd', () => {
  it.each(cases)('tells %s', (_what, end, outcome, outputBytes) => {
    expect(podEnd(podOf(end), record, false)).toEqual({ outcome, outputBytes })
  })

  it('is not there while main runs, also in a pod that is to be evicted', () => {
    expect(podEnd(podOf(undefined), record, false)).toBeUndefined()
    expect(podEnd(podOf(undefined, disruption), record, true)).toBeUndefined()
  })

  it.each([
    ['no last words', { exitCode: 0, reason: 'Completed' }],
    ['half a record', { exitCode: 0, message: 'exit 1 0 10' }],
    ['words of the job itself', { exitCode: 0, message: 'all is well\n' }],
    ['a record of another exit code', { exitCode: 1, message: 'exit 1 0 10 0 5 end\nmarks\n' }],
    ['a node that went away', { exitCode: 255, reason: 'Unknown' }],
    ['a kill by a stranger', { exitCode: 137, reason: 'Error' }],
  ])('I2: %s is lost, never a success', (_what, end) => {
    expect(podEnd(podOf(end), record, false)).toEqual({ outcome: lost, outputBytes: undefined })
  })

  it('I2: a success is what a whole record says, and the kubelet, and nothing less', () => {
    const number = fc.oneof(fc.constantFrom('0', '3', '-', '256', ''), fc.nat().map(String))
    const words = fc
      .tuple(fc.constantFrom('exit', 'Exit', ''), fc.constantFrom('1', '2'), number, number)
      .map(([word, version, code, bytes]) => `${word} ${version} ${code} ${bytes} 0 5 end\nmarks\n`)
    const cut = fc.tuple(words, fc.nat({ max: 40 })).map(([text, at]) => text.slice(0, at))
    fc.assert(
      fc.property(fc.oneof(words, cut, fc.string()), fc.constantFrom(0, 3), (message, exitCode) => {
        const kind = podEnd(podOf({ exitCode, message }), record, false)?.outcome.kind
        const isWhole = new RegExp(`^exit 1 ${exitCode} (?:\\d{1,16}|-) 0 5 end\nmarks`, 'u').test(
          message,
        )
        expect(kind).toBe(isWhole ? 'exited' : 'lost')
      }),
      { numRuns: 1000 },
    )
  })

  it('a pod that failed as a whole, without a word of its containers, is lost', () => {
    const pod = podOf(undefined, { phase: 'Failed', containerStatuses: [], message: 'Node gone' })
    expect(podEnd(pod, record, false)?.outcome).toEqual({
      kind: 'lost',
      evidence: 'Its pod ended before its container told how. Node gone.',
    })
  })

  it.each([
    ['a condition', disruption],
    ['a reason, on old servers', { reason: 'Evicted', message: 'low on ephemeral-storage' }],
  ])(
    'an eviction that is told by %s is evidence, and keeps the length of the output',
    (_what, status) => {
      const end = { exitCode: 1, message: 'exit 1 1 12 0 5 end\nmarks\n' }
      expect(podEnd(podOf(end, status), record, false)).toEqual({
        outcome: { kind: 'evicted', evidence: expect.stringMatching(/Eviction|Evicted/u) },
        outputBytes: 12,
      })
      expect(podEnd(podOf({ exitCode: 137 }, status), record, false)?.outcome.kind).toBe('evicted')
    },
  )

  it('a job that ended well while it was evicted ended well', () => {
    const end = { exitCode: 0, message: 'exit 1 0 12 0 5 end\nmarks\n' }
    expect(podEnd(podOf(end, disruption), record, false)?.outcome).toEqual({
      kind: 'exited',
      exitCode: 0,
    })
  })

  it('our own kill is told as such, whatever else is told of the pod', () => {
    const kill = { kind: 'signaled', signal: 'SIGKILL' }
    expect(podEnd(podOf({ exitCode: 137 }, disruption), record, true)?.outcome).toEqual(kill)
    const oom = { exitCode: 137, reason: 'OOMKilled' }
    expect(podEnd(podOf(oom), record, true)?.outcome).toEqual(kill)
    expect(goneOutcome(true, '')).toEqual(kill)
  })
})

describe('goneOutcome', () => {
  it('I2: a pod that is gone is lost, with what was said of it', () => {
    expect(goneOutcome(false, '')).toEqual({
      kind: 'lost',
      evidence: 'Its pod is gone, and nobody saw its end.',
    })
    expect(goneOutcome(false, 'FailedKillPod: error')).toMatchObject({
      kind: 'lost',
      evidence: expect.stringContaining('FailedKillPod'),
    })
  })

  it.each(['Preempted: by a pod of higher priority', 'TaintManagerEviction: deleting'])(
    'is an eviction where events say so: %s',
    (evidence) => {
      expect(goneOutcome(false, evidence)).toMatchObject({
        kind: 'evicted',
        evidence: expect.stringContaining(evidence),
      })
    },
  )
})

import { describe, expect, it } from 'vitest'

import { annotationNames } from '../../src/pod/record.ts'
import { stateOf } from '../../src/pod/workload-state.ts'
import { chosen, kubeJobOf, podOf } from './pod-parts.ts'

const refusal = { kind: 'not-started', cause: 'image-pull', evidence: 'no such image' } as const
const success = { exitCode: 0, message: 'exit 1 0 10 0 5 end\nmarks\n' }

describe('stateOf', () => {
  it('is that of no workload without our record', () => {
    expect(stateOf({ metadata: { name: 'job' } }, undefined)).toBeUndefined()
  })

  it('is starting until a pod was chosen, whatever pods there are', () => {
    const state = stateOf(kubeJobOf(), podOf(success))
    expect(state).toMatchObject({ phase: 'starting', createdAt: new Date(1000), uid: 'job-uid-1' })
  })

  it('is running while the chosen pod tells no end', () => {
    expect(stateOf(kubeJobOf(chosen), podOf(undefined))).toMatchObject({ phase: 'running' })
  })

  it('has the outcome and the length of the output when it ended', () => {
    expect(stateOf(kubeJobOf(chosen), podOf(success))).toMatchObject({
      phase: 'ended',
      outcome: { kind: 'exited', exitCode: 0 },
      outputBytes: 10,
      wasStarted: true,
    })
  })

  it('I1: no other pod of the kubeJob counts than the one that was chosen', () => {
    const other = podOf(success)
    Object.assign(other.metadata ?? {}, { uid: 'uid-2' })
    expect(stateOf(kubeJobOf(chosen), other)).toBe('gone')
    expect(stateOf(kubeJobOf(chosen), undefined)).toBe('gone')
  })

  it('is the refusal where one was noted, also beside a pod', () => {
    const note = { [annotationNames.notStarted]: JSON.stringify(refusal) }
    expect(stateOf(kubeJobOf({ ...chosen, ...note }), podOf(undefined))).toMatchObject({
      phase: 'ended',
      outcome: refusal,
      outputBytes: 0,
      wasStarted: false,
    })
  })
})

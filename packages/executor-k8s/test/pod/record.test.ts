import { describe, expect, it } from 'vitest'

import {
  agentSelector,
  annotationNames,
  annotationsOf,
  labelNames,
  labelsOf,
  notStartedOf,
  recordOf,
  startedPodOf,
} from '../../src/pod/record.ts'
import { spec } from '../manifest/manifest-parts.ts'
import { chosen, kubeJobOf } from './pod-parts.ts'

const also = { launcher: 'boot.1.2.3.v0x', sealDigest: 'ab', outputLimitBytes: 1000 }

describe('the record of a kubeJob', () => {
  it('tells all that a later process must know', () => {
    const kubeJob = { metadata: { annotations: { ...annotationsOf(spec, also) } } }
    expect(recordOf(kubeJob)).toEqual({
      version: 1,
      id: spec.id,
      agentId: spec.agentId,
      directory: spec.directory,
      labels: spec.labels,
      memoryBytes: 512 * 1024 ** 2,
      deadlineMs: 3_600_000,
      startTimeoutMs: 180_000,
      ...also,
    })
  })

  it('I12: holds no secret', () => {
    const all = JSON.stringify([annotationsOf(spec, also), labelsOf(spec)])
    expect(all).not.toContain('canary-4711')
  })

  it.each([
    ['none at all', undefined],
    ['annotations of a stranger', { 'example.com/x': '1' }],
    ['a record that is cut', { [annotationNames.record]: '{"version":1,"id":"a"' }],
    ['a record of another version', { [annotationNames.record]: '{"version":2,"id":"a"}' }],
  ])('makes no workload of ours: %s', (_what, annotations) => {
    expect(recordOf({ metadata: annotations === undefined ? {} : { annotations } })).toBeUndefined()
  })

  it('names the pod that was chosen, and only when it does so whole', () => {
    expect(startedPodOf(kubeJobOf())).toBeUndefined()
    expect(startedPodOf(kubeJobOf({ [annotationNames.startedUid]: 'uid-1' }))).toBeUndefined()
    expect(startedPodOf(kubeJobOf(chosen))).toEqual({ uid: 'uid-1', name: 'pod-1' })
  })

  it('believes a refusal only when it is one', () => {
    const outcome = { kind: 'not-started', cause: 'unschedulable', evidence: 'no node' }
    const noted = (text: string): unknown =>
      notStartedOf(kubeJobOf({ [annotationNames.notStarted]: text }))
    expect(noted(JSON.stringify(outcome))).toEqual(outcome)
    expect(noted('{"kind":"exited","exitCode":0}')).toBeUndefined()
    expect(noted('')).toBeUndefined()
  })
})

describe('labels of a workload', () => {
  it('are such that Kubernetes takes them, whatever the ids are', () => {
    const strange = { ...spec, agentId: 'ä gent/'.repeat(40), directory: '../x y' }
    for (const value of Object.values(labelsOf(strange))) {
      expect(value).toMatch(/^[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?$/u)
    }
  })

  it('leave out those of a spec that Kubernetes would refuse, and those that would be ours', () => {
    const labels = {
      plain: 'yes',
      'example.com/team': 'a.b',
      'with space': 'x',
      long: 'x'.repeat(64),
      [labelNames.agent]: 'stolen',
      'job-name': 'other',
    }
    const found = labelsOf({ ...spec, labels })
    expect(found).toMatchObject({ plain: 'yes', 'example.com/team': 'a.b' })
    expect(found).not.toHaveProperty('with space')
    expect(found).not.toHaveProperty('long')
    expect(found).not.toHaveProperty('job-name')
    expect(agentSelector(spec.agentId)).toBe(`${labelNames.agent}=${found[labelNames.agent]}`)
  })

  it('tell agents apart', () => {
    expect(agentSelector('agent-1')).not.toBe(agentSelector('agent-2'))
  })
})

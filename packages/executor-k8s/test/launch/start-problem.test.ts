import type { CoreV1Event, V1Job, V1Pod, V1PodStatus } from '@kubernetes/client-node'
import { describe, expect, it } from 'vitest'

import { creationProblem, startProblem } from '../../src/launch/start-problem.ts'

const waiting = (reason: string, message = 'why'): V1Pod =>
  withStatus({
    containerStatuses: [
      {
        name: 'main',
        image: 'registry.example.com/runner:1',
        imageID: '',
        ready: false,
        restartCount: 0,
        state: { waiting: { reason, message } },
      },
    ],
  })

function withStatus(status: V1PodStatus): V1Pod {
  return { metadata: { name: 'pod-1' }, status }
}

describe('startProblem', () => {
  it('is none of a pod that is about to start', () => {
    expect(startProblem(withStatus({ phase: 'Pending' }))).toBeUndefined()
    expect(startProblem(waiting('ContainerCreating'))).toBeUndefined()
    expect(startProblem(waiting('PodInitializing'))).toBeUndefined()
  })

  it('tells the words of the scheduler, which may find a node later', () => {
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message: '0/3 nodes are available: 3 Insufficient memory.',
    }
    expect(startProblem(withStatus({ conditions: [condition] }))).toEqual({
      cause: 'unschedulable',
      evidence: 'Unschedulable: 0/3 nodes are available: 3 Insufficient memory',
      isFinal: false,
    })
  })

  it.each([
    ['a registry that does not know it', 'ErrImagePull', 'manifest unknown', true],
    ['a registry that wants to know who asks', 'ImagePullBackOff', '401 Unauthorized', true],
    ['a registry that is away', 'ErrImagePull', 'dial tcp: i/o timeout', false],
    ['a node that must not pull', 'ErrImageNeverPull', 'not present', true],
    ['a name that is none', 'InvalidImageName', 'couldn’t parse', true],
  ])('is the image with %s', (_what, reason, message, isFinal) => {
    expect(startProblem(waiting(reason, message))).toEqual({
      cause: 'image-pull',
      evidence: expect.stringContaining(`${reason}: ${message}`),
      isFinal,
    })
  })

  it('says where credentials of a registry are named, to whom it asks for them alone', () => {
    const evidence = (message: string) => startProblem(waiting('ErrImagePull', message))?.evidence
    expect(evidence('401 Unauthorized')).toContain('`template.imagePullSecrets`')
    expect(evidence('manifest unknown')).not.toContain('imagePullSecrets')
  })

  it.each([
    ['CreateContainerConfigError', 'secret "x" not found', 'secret "x" not found'],
    ['CreateContainerError', 'exec: "/bin/sh": stat /bin/sh: no such file', 'has no /bin/sh'],
    ['RunContainerError', 'exec /bin/sh: exec format error', 'another kind of processor'],
  ])('is the container: %s, %s', (reason, message, said) => {
    expect(startProblem(waiting(reason, message))).toEqual({
      cause: 'rejected',
      evidence: expect.stringContaining(said),
      isFinal: true,
    })
  })

  it('is an eviction before the start, after which another pod may start', () => {
    const pod = withStatus({ phase: 'Failed', reason: 'Evicted', message: 'low on disk.' })
    expect(startProblem(pod)).toEqual({
      cause: 'rejected',
      evidence: 'Evicted: low on disk',
      isFinal: false,
    })
  })
})

describe('creationProblem', () => {
  const event = (message: string): CoreV1Event[] => [
    { metadata: {}, involvedObject: {}, reason: 'FailedCreate', message },
  ]

  it('is none without a word', () => {
    expect(creationProblem(undefined, [])).toBeUndefined()
    expect(creationProblem({ status: { active: 1 } }, [])).toBeUndefined()
  })

  it.each([
    ['exceeded quota: q, requested: pods=1', 'unschedulable', false],
    ['admission webhook "policy.example.com" denied the request: no', 'rejected', true],
    ['failed calling webhook "policy": connection refused', 'rejected', false],
    ['serviceaccount "x" not found', 'rejected', true],
  ])('tells why there is no pod: %s', (message, cause, isFinal) => {
    expect(creationProblem({}, event(message))).toEqual({
      cause,
      evidence: `FailedCreate: ${message}`,
      isFinal,
    })
  })

  it('is the end of the kubeJob where it gave up', () => {
    const now = new Date(0)
    const kubeJob: V1Job = {
      status: {
        conditions: [
          {
            type: 'Failed',
            status: 'True',
            reason: 'BackoffLimitExceeded',
            message: 'Job has reached the specified backoff limit',
            lastProbeTime: now,
            lastTransitionTime: now,
          },
        ],
      },
    }
    expect(creationProblem(kubeJob, [])).toEqual({
      cause: 'start-timeout',
      evidence: 'BackoffLimitExceeded: Job has reached the specified backoff limit',
      isFinal: true,
    })
  })
})

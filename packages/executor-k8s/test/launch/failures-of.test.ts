import type { V1Job, V1Pod } from '@kubernetes/client-node'
import { expect, it } from 'vitest'

import { failuresOf } from '../../src/launch/start-main.ts'

const counting = 'batch.kubernetes.io/job-tracking'
const kubeJob = (status: object): V1Job => ({ status })
const pod = (uid: string, finalizers: string[], changes: object = {}): V1Pod => ({
  metadata: { uid, finalizers },
  ...changes,
})
const failed = { status: { phase: 'Failed' } }

it('a kubeJob whose first pod starts has no failures', () => {
  const starting = pod('a', [counting], { status: { phase: 'Running' } })
  expect(failuresOf(kubeJob({ active: 1 }), [starting])).toBe(0)
  expect(failuresOf({}, [])).toBe(0)
})

it('counts what the cluster has counted, and what it is about to count, each once', () => {
  const pods = [
    // Counted, and still there.
    pod('a', [], failed),
    // Over, and not counted yet.
    pod('b', [counting], failed),
    // On its way into the count.
    pod('c', [], failed),
    // Removed by hand, and going.
    { metadata: { uid: 'd', finalizers: [counting], deletionTimestamp: new Date(0) } },
  ]
  const uncountedTerminatedPods = { failed: ['b', 'c'] }
  expect(failuresOf(kubeJob({ failed: 1, uncountedTerminatedPods }), pods)).toBe(4)
})

import { describe, expect, it } from 'vitest'

import { networkPolicy } from '../../src/manifest/network-policy.ts'
import { podDisruptionBudget } from '../../src/manifest/pod-disruption-budget.ts'
import { servers } from './manifest-parts.ts'

const owned = {
  name: 'scalr-agent-run-1-plan-0123456789',
  owner: { apiVersion: 'batch/v1', kind: 'Job', name: 'scalr-agent-run-1-plan', uid: 'u-1' },
  selector: { 'agent.scalr.io/workload': 'job-1' },
  labels: { 'app.kubernetes.io/managed-by': 'scalr-agent' },
}

describe('what a kubeJob owns', () => {
  it.each(Object.entries(servers))(
    'is a budget that lets nobody evict the pod, on %s',
    (_, version) => {
      expect(podDisruptionBudget(owned, version)).toMatchSnapshot()
    },
  )

  it('is a policy that forbids the metadata service and nothing else', () => {
    expect(networkPolicy(owned)).toMatchSnapshot()
  })
})

import { ConfigurationError } from '@scalr-agent/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { kubernetesOptionsFromEnv } from '../../src/environment/kubernetes-options-from-env.ts'

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64')
}

describe('kubernetesOptionsFromEnv', () => {
  it('leaves all to the defaults when nothing is said', () => {
    expect(kubernetesOptionsFromEnv({})).toEqual({ cluster: {}, template: {}, requests: {} })
  })

  it("reads Scalr's variables", () => {
    const tolerations = [{ key: 'jobs', operator: 'Exists', effect: 'NoSchedule' }]
    expect(
      kubernetesOptionsFromEnv({
        SCALR_AGENT_KUBERNETES_TASK_LABELS: encode({ team: 'platform' }),
        SCALR_AGENT_KUBERNETES_TASK_ANNOTATIONS: encode({ 'example.com/note': 'ü' }),
        SCALR_AGENT_KUBERNETES_TASK_NODE_SELECTOR: encode({ pool: 'jobs' }),
        SCALR_AGENT_KUBERNETES_TASK_TOLERATIONS: encode(tolerations),
        SCALR_AGENT_KUBERNETES_AUTOMOUNT_SERVICE_ACCOUNT_TOKEN: 'true',
        SCALR_AGENT_KUBERNETES_EFS_CLAIM_NAME: 'agent-k8s-efs-claim',
        SCALR_AGENT_CACHE_DIR: '/var/cache/scalr',
        SCALR_AGENT_CONTAINER_TASK_CPU_REQUEST: '0.5',
        SCALR_AGENT_CONTAINER_TASK_MEM_REQUEST: '1024',
        SCALR_AGENT_CONTAINER_TASK_SCHEDULING_TIMEOUT: '90',
      }),
    ).toEqual({
      cluster: {},
      template: {
        labels: { team: 'platform' },
        annotations: { 'example.com/note': 'ü' },
        nodeSelector: { pool: 'jobs' },
        tolerations,
        automountServiceAccountToken: true,
      },
      requests: { cpus: 0.5, memoryBytes: 1024 ** 3 },
      schedulingTimeoutMs: 90_000,
      cacheVolume: { agentPath: '/var/cache/scalr', persistentVolumeClaim: 'agent-k8s-efs-claim' },
    })
  })

  it('reads old names, and lets new ones win', () => {
    expect(
      kubernetesOptionsFromEnv({
        SCALR_KUBERNETES_ATASK_LABELS: encode({ team: 'old' }),
        SCALR_KUBERNETES_ATASK_ANNOTATIONS: encode({ note: 'old' }),
        SCALR_AGENT_KUBERNETES_TASK_ANNOTATIONS: encode({ note: 'new' }),
        SCALR_CONTAINER_TASK_SCHEDULING_TIMEOUT: '30',
      }),
    ).toMatchObject({
      template: { labels: { team: 'old' }, annotations: { note: 'new' } },
      schedulingTimeoutMs: 30_000,
    })
  })

  it.each([
    ['LABELS', '{"team":"platform"}', /must be JSON in base64.*base64 -w0/u],
    ['LABELS', Buffer.from('team=platform').toString('base64'), /holds no JSON/u],
    ['LABELS', encode(['team']), /expected record/u],
    ['LABELS', encode({ team: 'a b' }), /TASK_LABELS: team: must be a value/u],
    ['ANNOTATIONS', encode({ 'agent.scalr.io/record': 'x' }), /knows its jobs/u],
    ['TOLERATIONS', encode([{ key: 'jobs', operator: 'Is' }]), /\[0\]\.operator/u],
    ['NODE_SELECTOR', encode({ pool: 1 }), /pool/u],
  ])('tells what is wrong with %s', (what, value, expected) => {
    const read = (): unknown =>
      kubernetesOptionsFromEnv({ [`SCALR_AGENT_KUBERNETES_TASK_${what}`]: value })
    expect(read).toThrow(ConfigurationError)
    expect(read).toThrow(expected)
  })

  it('tells all that is wrong at once', () => {
    const read = (): unknown =>
      kubernetesOptionsFromEnv({
        SCALR_AGENT_KUBERNETES_EFS_CLAIM_NAME: 'claim',
        SCALR_AGENT_CONTAINER_TASK_CPU_REQUEST: 'many',
        SCALR_AGENT_CONTAINER_TASK_SCHEDULING_TIMEOUT: '-1',
      })
    expect(read).toThrow(/EFS_CLAIM_NAME: needs SCALR_AGENT_CACHE_DIR/u)
    expect(read).toThrow(/CPU_REQUEST: must be a number/u)
    expect(read).toThrow(/SCHEDULING_TIMEOUT: must be above 0/u)
  })

  it('I12: shows no value that it refuses', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8 }), (noise) => {
        const value = `canary-${noise}`
        try {
          kubernetesOptionsFromEnv({ SCALR_AGENT_KUBERNETES_TASK_LABELS: value })
        } catch (error) {
          expect(String(error)).not.toContain('canary-')
        }
      }),
    )
  })
})

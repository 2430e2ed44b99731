import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  podTemplateSchema,
  type PodTemplateOptions,
} from '../../src/manifest/pod-template-options.ts'

const volumes = [{ name: 'more', emptyDir: {} }]

describe('the template of pods', () => {
  it('may be empty', () => {
    expect(podTemplateSchema.parse({})).toMatchObject({ automountServiceAccountToken: false })
  })

  it.each<readonly [string, unknown]>([
    ['a label by which workloads are found', { labels: { 'agent.scalr.io/workload': 'x' } }],
    ['a label of the job controller', { labels: { 'job-name': 'x' } }],
    ['who manages it', { labels: { 'app.kubernetes.io/managed-by': 'helm' } }],
    ['an annotation of ours', { annotations: { 'agent.scalr.io/started-pod': 'x' } }],
    ['a label that Kubernetes would refuse', { labels: { team: 'a b' } }],
    ['a security context', { securityContext: { privileged: true } }],
    ['a restart policy', { restartPolicy: 'OnFailure' }],
    ['the network of the node', { hostNetwork: true }],
    ['a grace period', { terminationGracePeriodSeconds: 1 }],
    ['more containers', { containers: [] }],
    ['a volume of ours', { volumes: [{ name: 'scalr-agent-job', emptyDir: {} }] }],
    ['two volumes of one name', { volumes: [...volumes, ...volumes] }],
    ['a mount of no volume', { volumeMounts: [{ name: 'other', mountPath: '/x' }] }],
  ])('cannot set %s', (_what, template) => {
    expect(podTemplateSchema.safeParse(template).success).toBe(false)
  })

  it.each([
    '/',
    '/opt',
    '/opt/',
    '/opt/plugins',
    '/x/../opt',
    '/.scalr-agent/run',
    '//tmp',
    '/dev/termination-log',
    '/proc',
    'relative',
  ])('cannot mount a volume at %s', (mountPath) => {
    const template: PodTemplateOptions = { volumes, volumeMounts: [{ name: 'more', mountPath }] }
    expect(podTemplateSchema.safeParse(template).success).toBe(false)
  })

  it.each(['/etc/ssl/extra', '/optional', '/tmp/cache', '/var/run/more'])(
    'can mount a volume at %s',
    (mountPath) => {
      const template: PodTemplateOptions = { volumes, volumeMounts: [{ name: 'more', mountPath }] }
      expect(podTemplateSchema.safeParse(template).success).toBe(true)
    },
  )

  it('takes no label that Kubernetes would refuse', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 70 }), fc.string({ maxLength: 70 }), (key, value) => {
        const taken = podTemplateSchema.safeParse({ labels: { [key]: value } }).success
        if (!taken) return
        const name = key.slice(key.indexOf('/') + 1)
        expect(name.length).toBeLessThanOrEqual(63)
        expect(value.length).toBeLessThanOrEqual(63)
        expect(value).toMatch(/^[\w.-]*$/u)
        expect(name).toMatch(/^[A-Za-z0-9]/u)
      }),
      { examples: [['__proto__', '']] },
    )
  })
})

import type { WorkloadSpec } from '@scalr-agent/core'
import { describe, expect, it } from 'vitest'

import { jobManifest } from '../../src/manifest/job-manifest.ts'
import { ownPrefix } from '../../src/manifest/own-names.ts'
import { options, parts, servers, spec } from './manifest-parts.ts'

describe('jobManifest', () => {
  it.each(Object.entries(servers))('for a server of version %s', (_name, version) => {
    expect(jobManifest(spec, options(), { ...parts, version })).toMatchSnapshot()
  })

  it('runs the companion beside the others where the server has no sidecars, and as one where it has', () => {
    const at = (minor: number): readonly (string[] | undefined)[] => {
      const version = { major: 1, minor }
      const pod = jobManifest(spec, options(), { ...parts, version }).spec?.template.spec
      return [pod?.initContainers, pod?.containers].map((all) => all?.map(({ name }) => name))
    }
    expect(at(28)).toEqual([undefined, ['main', 'keeper']])
    expect(at(29)).toEqual([['keeper'], ['main']])
  })

  it('ends by itself, far behind all other limits, also without a deadline', () => {
    const { deadlineMs: _none, ...undated } = spec
    const endOf = (one: WorkloadSpec): number | undefined =>
      jobManifest(one, options(), parts).spec?.activeDeadlineSeconds
    const hours = 3600
    expect(endOf({ ...spec, deadlineMs: 2 * hours * 1000 })).toBe(180 + 2 * hours + 2 * hours)
    expect(endOf(undated)).toBe(180 + 7 * 24 * hours + 2 * hours)
  })

  it('I12: holds no secret, in no form', () => {
    const text = JSON.stringify(jobManifest(spec, options(), parts))
    expect(text).not.toContain('canary')
    expect(text).not.toContain(Buffer.from('canary-4711').toString('base64').slice(0, 10))
  })

  it('gives up no more than `root` needs', () => {
    const pod = jobManifest(spec, options({}, { root: true }), parts).spec?.template.spec
    expect(pod?.securityContext).toMatchObject({ runAsUser: 0, runAsNonRoot: false })
    expect(pod?.containers[0]?.securityContext).toEqual({
      privileged: false,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: false,
      capabilities: {
        drop: ['ALL'],
        add: ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID'],
      },
    })
  })

  it('takes from the template what is the operator’s to choose', () => {
    const template = {
      labels: { team: 'platform' },
      annotations: { 'sidecar.istio.io/inject': 'false' },
      nodeSelector: { pool: 'jobs' },
      tolerations: [{ key: 'jobs', operator: 'Exists' as const, effect: 'NoSchedule' as const }],
      affinity: { nodeAffinity: {} },
      serviceAccountName: 'terraform',
      automountServiceAccountToken: true,
      runtimeClassName: 'gvisor',
      priorityClassName: 'high',
      imagePullSecrets: ['registry'],
      volumes: [{ name: 'ca', configMap: { name: 'ca' } }],
      volumeMounts: [{ name: 'ca', mountPath: '/etc/ssl/extra', readOnly: true }],
    }
    const kubeJob = jobManifest(spec, options(template), parts)
    expect(kubeJob.metadata).toMatchObject({
      labels: { team: 'platform', [`${ownPrefix}workload`]: spec.id },
      annotations: { 'sidecar.istio.io/inject': 'false' },
    })
    expect(kubeJob.spec?.template).toMatchObject({
      metadata: { labels: { team: 'platform' } },
      spec: {
        nodeSelector: { 'kubernetes.io/os': 'linux', pool: 'jobs' },
        tolerations: template.tolerations,
        affinity: template.affinity,
        serviceAccountName: 'terraform',
        automountServiceAccountToken: true,
        runtimeClassName: 'gvisor',
        priorityClassName: 'high',
        imagePullSecrets: [{ name: 'registry' }],
      },
    })
    const pod = kubeJob.spec?.template.spec
    expect(pod?.volumes).toContainEqual(template.volumes[0])
    expect(pod?.containers[0]?.volumeMounts).toContainEqual(template.volumeMounts[0])
    expect(JSON.stringify(pod?.initContainers)).not.toContain('/etc/ssl/extra')
  })

  it('requests no more than the limits, and less where told', () => {
    const requests = { cpus: 0.25, memoryBytes: 8 * 1024 ** 3 }
    const pod = jobManifest(spec, options({}, { requests }), parts).spec?.template.spec
    expect(pod?.containers[0]?.resources).toEqual({
      limits: { cpu: '1500m', memory: String(512 * 1024 ** 2) },
      requests: { cpu: '250m', memory: String(512 * 1024 ** 2) },
    })
  })
})

describe('caches', () => {
  const caches = [
    { name: 'providers', source: '/var/cache/scalr/providers/linux_amd64' },
    { name: 'tools', source: '/var/cache/scalr' },
  ]
  const claim = { agentPath: '/var/cache/scalr', persistentVolumeClaim: 'scalr-cache' }

  it('are parts of one volume, read-only', () => {
    const kubeJob = jobManifest({ ...spec, caches }, options({}, { cacheVolume: claim }), parts)
    const pod = kubeJob.spec?.template.spec
    expect(pod?.volumes).toContainEqual({
      name: 'scalr-agent-caches',
      persistentVolumeClaim: { claimName: 'scalr-cache', readOnly: true },
    })
    expect(pod?.containers[0]?.volumeMounts?.slice(-2)).toEqual([
      {
        name: 'scalr-agent-caches',
        mountPath: '/opt/caches/providers',
        subPath: 'providers/linux_amd64',
        readOnly: true,
      },
      { name: 'scalr-agent-caches', mountPath: '/opt/caches/tools', readOnly: true },
    ])
  })

  it('may be a directory that every node has', () => {
    const cacheVolume = { agentPath: '/var/cache/scalr', hostPath: '/mnt/scalr' }
    const kubeJob = jobManifest({ ...spec, caches }, options({}, { cacheVolume }), parts)
    expect(kubeJob.spec?.template.spec?.volumes).toContainEqual({
      name: 'scalr-agent-caches',
      hostPath: { path: '/mnt/scalr', type: 'Directory' },
    })
  })

  it.each([
    ['no volume', caches, undefined],
    ['another directory', [{ name: 'x', source: '/var/cache/scalr-other' }], claim],
    ['a directory above', [{ name: 'x', source: '/var/cache' }], claim],
    ['a way out', [{ name: 'x', source: '/var/cache/scalr/../../../etc' }], claim],
  ])('are refused with %s', (_what, some, cacheVolume) => {
    const make = (): unknown =>
      jobManifest({ ...spec, caches: some }, options({}, { cacheVolume }), parts)
    expect(make).toThrowError(expect.objectContaining({ code: 'INVALID_SPEC' }))
  })
})

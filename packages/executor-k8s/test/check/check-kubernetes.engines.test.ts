import { readFileSync } from 'node:fs'

import type { Finding } from '@scalr-agent/core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'

import { checkKubernetes } from '../../src/check/check-kubernetes.ts'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { connectCluster } from '../../src/cluster/connect-cluster.ts'
import { describeWithCluster, TestNamespace } from '../support/real-cluster.ts'

const file = readFileSync(new URL('../../rbac.yaml', import.meta.url), 'utf8')
const role: unknown = parseAllDocuments(file)
  .map((document): unknown => document.toJS())
  .find((document) => Object(document)['kind'] === 'Role')
const leastRules: readonly unknown[] = Object(role)['rules']

const executor = { podDisruptionBudget: true, metadata: 'block' } as const
const check = async (cluster: Cluster, changes: object = {}): Promise<Map<string, Finding>> => {
  const findings = await checkKubernetes(async () => cluster, { ...executor, ...changes }, {})
  return new Map(findings.map((finding) => [finding.id, finding]))
}

describeWithCluster('preflight on a real cluster', () => {
  let namespace: TestNamespace
  const clusters: Cluster[] = []
  const account = async (name: string, rules: readonly unknown[]): Promise<Cluster> => {
    const cluster = await namespace.account(name, rules)
    clusters.push(cluster)
    return cluster
  }
  beforeAll(async () => {
    namespace = await TestNamespace.create()
  })
  afterAll(async () => {
    for (const cluster of clusters) cluster.close()
    await namespace[Symbol.asyncDispose]()
  })

  it('the role of rbac.yaml is all that it asks for', async () => {
    const findings = await check(await account('least', leastRules))
    expect([...findings.values()].filter(({ level }) => level !== 'ok')).toEqual([])
    expect(findings.get('kubernetes.api')?.message).toContain(`the namespace \`${namespace.name}\``)
    expect(findings.has('kubernetes.clock')).toBe(true)
  })

  it('names every verb that is missing in one finding, with the role to apply', async () => {
    const cluster = await account('little', [
      { apiGroups: ['batch'], resources: ['jobs'], verbs: ['create', 'get', 'list', 'watch'] },
      { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch', 'delete'] },
      { apiGroups: [''], resources: ['pods/exec'], verbs: ['get'] },
    ])
    const access = (await check(cluster)).get('kubernetes.access')
    expect(access?.level).toBe('error')
    expect(access?.message).toContain(
      'may not: patch jobs.batch, delete jobs.batch, create pods/exec, list events, create poddisruptionbudgets.policy, create networkpolicies.networking.k8s.io.',
    )
    expect(access?.remedy).toContain('kind: Role')
    expect(access?.remedy).toContain(`namespace: ${namespace.name}`)
    const fewer = await check(cluster, { podDisruptionBudget: false, metadata: 'allow' })
    expect(fewer.get('kubernetes.access')?.message).toMatch(/list events\.$/u)
    expect(fewer.get('kubernetes.metadata')?.level).toBe('warning')
  })

  it('tells a claim of caches that is not there, is not bound, or is not to be seen', async () => {
    const claims = `/api/v1/namespaces/${namespace.name}/persistentvolumeclaims`
    const mayLook = { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs: ['get'] }
    const cluster = await account('claims', [...leastRules, mayLook])
    const missing = await check(cluster, { cacheClaim: 'caches' })
    expect(missing.get('kubernetes.cache-volume')?.level).toBe('error')
    await namespace.post(claims, {
      metadata: { name: 'caches' },
      spec: {
        accessModes: ['ReadWriteMany'],
        storageClassName: 'none',
        resources: { requests: { storage: '1Mi' } },
      },
    })
    const pending = await check(cluster, { cacheClaim: 'caches' })
    expect(pending.get('kubernetes.cache-volume')).toMatchObject({
      level: 'warning',
      message: expect.stringContaining('not bound to a volume (Pending)'),
    })
    const blind = await check(await account('blind', leastRules), { cacheClaim: 'caches' })
    expect(blind.get('kubernetes.cache-volume')?.level).toBe('ok')
  })

  it('tells a namespace that is not there, is going, or has no room', async () => {
    const { kubeconfig } = namespace
    const missing = await connectCluster({ kubeconfig, namespace: 'no-such-namespace' })
    clusters.push(missing)
    expect((await check(missing)).get('kubernetes.namespace')).toMatchObject({
      level: 'error',
      message: 'There is no namespace `no-such-namespace`.',
    })

    await using crowded = await TestNamespace.create()
    const quotas = `/api/v1/namespaces/${crowded.name}/resourcequotas`
    await crowded.post(quotas, {
      metadata: { name: 'none' },
      spec: { hard: { 'count/jobs.batch': '0' } },
    })
    await expect
      .poll(async () => (await check(crowded.cluster)).get('kubernetes.namespace'), {
        timeout: 60_000,
        interval: 200,
      })
      .toMatchObject({ level: 'warning', message: expect.stringContaining('exceeded quota') })
    const hint = (await check(crowded.cluster)).get('kubernetes.quota')
    expect(hint?.message).toContain('count/jobs.batch')

    // What has a finalizer keeps a namespace from going.
    await using going = await TestNamespace.create()
    const holders = `/api/v1/namespaces/${going.name}/configmaps`
    await going.post(holders, { metadata: { name: 'holder', finalizers: ['example.com/hold'] } })
    await going.delete(`/api/v1/namespaces/${going.name}`)
    expect((await check(going.cluster)).get('kubernetes.namespace')).toMatchObject({
      level: 'error',
      message: expect.stringContaining('is being deleted'),
    })
    await going.patch(`${holders}/holder`, { metadata: { finalizers: null } })
  })
})

import { silentLogger, systemClock } from '@scalr-agent/core'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { createKubeClient } from '../../src/calls/create-kube-client.ts'
import { createKubeWatches } from '../../src/calls/kube-watches.ts'
import { KubernetesExecutor } from '../../src/kubernetes-executor.ts'
import { workloadSelector } from '../../src/pod/record.ts'
import { describeWithCluster, TestNamespace, testImage } from '../support/real-cluster.ts'

const { signal } = new AbortController()

describeWithCluster('a pod that goes before its start', () => {
  let namespace: TestNamespace
  let executor: KubernetesExecutor
  let nodeLabel: string
  let nodePath: string

  beforeAll(async () => {
    namespace = await TestNamespace.create()
    nodeLabel = `test.example.com/${namespace.name}`
    const nodes = await namespace.get('/api/v1/nodes?limit=1')
    nodePath = `/api/v1/nodes/${String(Object(Object(Object(nodes)['items'])[0])['metadata']['name'])}`
    executor = new KubernetesExecutor({
      cluster: { kubeconfig: namespace.kubeconfig, namespace: namespace.name },
      image: testImage,
      // Nobody can run it before the test says so.
      template: { nodeSelector: { [nodeLabel]: 'yes' } },
    })
  })
  afterAll(async () => {
    await namespace.patch(nodePath, { metadata: { labels: { [nodeLabel]: null } } })
    await executor[Symbol.asyncDispose]()
    await namespace[Symbol.asyncDispose]()
  })

  it('is replaced, and the one that is started is left in peace', async () => {
    const client = createKubeClient(namespace.cluster)
    const id = 'replaced'
    const watches = createKubeWatches(namespace.cluster, systemClock, silentLogger)
    using watch = watches.watch(workloadSelector(id))
    const launching = executor.launch({
      id,
      agentId: 'agent-replaced',
      argv: ['/bin/sh', '-c', 'sleep 3; echo done; exit 7'],
      env: {},
      secretEnv: {},
      resources: {},
      caches: [],
      labels: {},
      directory: 'replaced',
      startTimeoutMs: 120_000,
    })
    launching.catch(() => {})
    const limit = AbortSignal.timeout(100_000)
    const nextPod = async (not: string): Promise<string> => {
      for (;;) {
        const name = [...(watch.pods?.keys() ?? [])].find((each) => each !== not)
        if (name !== undefined) return name
        await watch.next(60_000, limit)
      }
    }
    const first = await nextPod('')
    await client.pods.remove(first, { gracePeriodSeconds: 0 }, signal)
    await nextPod(first)
    await namespace.patch(nodePath, { metadata: { labels: { [nodeLabel]: 'yes' } } })
    const workload = await launching
    expect(await workload.wait()).toEqual({ kind: 'exited', exitCode: 7 })
    await workload.destroy()
  })
})

import type { AgentOptions, Run } from '@scalr-agent/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { oneResource } from './support/configurations.ts'
import { toolImage } from './support/docker-engine.ts'
import { Registry, registryProgram } from './support/docker-registry.ts'
import { anyKubernetesCluster, kubectlWith } from './support/kubernetes-cluster.ts'
import { KubernetesScene, type KubernetesOptions } from './support/kubernetes-scene.ts'
import { Webhook } from './support/kubernetes-webhook.ts'
import { anyRealTool } from './support/tools.ts'

const suite = 'bad input of pods'
const kubeconfig = anyKubernetesCluster(suite) ?? ''
const tool = anyRealTool(suite)
const program = registryProgram(suite)

describe.skipIf(kubeconfig === '' || tool === undefined)('bad input of jobs in pods', () => {
  if (tool === undefined) return
  const { iac } = tool
  const image = toolImage(tool)
  let scene: KubernetesScene

  beforeAll(async () => {
    scene = await KubernetesScene.start(kubeconfig)
  })

  afterAll(async () => {
    await scene.untilNothingLeft()
    await scene[Symbol.asyncDispose]()
  })

  /** A run with such an agent, once it has errored. Each has a pool of its own: they go side by side. */
  async function errored(
    options: Partial<AgentOptions>,
    settings: KubernetesOptions = {},
    where: KubernetesScene = scene,
  ): Promise<Run> {
    const pool = await where.platform.addPool(crypto.randomUUID())
    await using _agent = await where.localAgent(
      { image, token: pool.token, ...options },
      { schedulingTimeoutMs: 5_000, ...settings },
    )
    const workspace = await where.platform.workspace({ iac, files: oneResource, poolId: pool.id })
    const { id } = await where.platform.client.runs.create({ workspaceId: workspace.id })
    const run = await where.platform.untilStatus(id, 'errored')
    // One clear line: what was being done, on what, what went wrong, what to do.
    expect(run.errorMessage?.split('\n')).toHaveLength(1)
    return run
  }

  it.concurrent('an image that is not there, with pulls refused', async () => {
    const run = await errored({ image: 'scalr/none:1' }, { imagePullPolicy: 'Never' })
    expect(run.errorMessage).toMatch(/scalr\/none:1.*ErrImageNeverPull/u)
  })

  it.skipIf(program === undefined)(
    'a registry that does not know the image, and one that asks who we are',
    { concurrent: true },
    async () => {
      await using open = await Registry.start(program ?? '')
      const unknown = await errored({ image: `${open.address}/scalr/none:1` })
      expect(unknown.errorMessage).toMatch(/127\.0\.0\.1:\d+\/scalr\/none:1.*not found/u)
      await using closed = await Registry.start(program ?? '', { password: true })
      const refused = await errored({ image: `${closed.address}/scalr/none:1` })
      expect(refused.errorMessage).toMatch(/imagePullSecrets/u)
    },
  )

  it.concurrent('a name that is no image', async () => {
    const run = await errored({ image: 'Not/An Image' })
    expect(run.errorMessage).toMatch(/Not\/An Image/u)
  })

  it.concurrent('an image without a shell', async () => {
    const run = await errored({ image: 'local/no-shell:1' })
    expect(run.errorMessage).toMatch(/local\/no-shell:1.*\/bin\/sh/u)
  })

  it.concurrent('an image without tar', async () => {
    const run = await errored({ image: 'local/no-tar:1' })
    expect(run.errorMessage).toMatch(/has no `tar`/u)
  })

  it.concurrent('no node that fits, in the words of the scheduler', async () => {
    const run = await errored({}, { template: { nodeSelector: { 'test.local/none': 'here' } } })
    expect(run.errorMessage).toMatch(/0\/1 nodes are available.*(?:selector|affinity)/u)
    const large = await errored({ jobMemoryBytes: 2 ** 50 }, { requests: {} })
    expect(large.errorMessage).toMatch(/0\/1 nodes are available.*Insufficient memory/u)
  })

  it.concurrent('a claim that is not bound to a volume', async () => {
    await kubectlWith(
      kubeconfig,
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'unbound', namespace: scene.namespace },
        spec: {
          accessModes: ['ReadWriteMany'],
          resources: { requests: { storage: '1Gi' } },
          storageClassName: 'none',
        },
      },
      'create',
      '--filename=-',
    )
    const claim = { name: 'data', persistentVolumeClaim: { claimName: 'unbound' } }
    const mount = { name: 'data', mountPath: '/data' }
    const run = await errored({}, { template: { volumes: [claim], volumeMounts: [mount] } })
    expect(run.errorMessage).toMatch(/unbound immediate PersistentVolumeClaims|unbound/u)
    await scene.kubectl('delete', 'persistentvolumeclaim', 'unbound')
  })

  it.concurrent('an account and a priority class that are not there', async () => {
    const account = await errored({}, { template: { serviceAccountName: 'no-such-account' } })
    expect(account.errorMessage).toMatch(/no-such-account/u)
    const priority = await errored({}, { template: { priorityClassName: 'no-such-priority' } })
    expect(priority.errorMessage).toMatch(/no-such-priority/u)
  })

  it.concurrent('a quota of the namespace that leaves no room', async () => {
    await using full = await KubernetesScene.start(kubeconfig)
    await full.kubectl('create', 'quota', 'tight', '--hard=pods=0')
    const run = await errored({}, {}, full)
    expect(run.errorMessage).toMatch(/exceeded quota: tight/u)
    await full.kubectl('delete', 'quota', 'tight')
    await full.kubectl('create', 'quota', 'no-jobs', '--hard=count/jobs.batch=0')
    const none = await errored({}, {}, full)
    expect(none.errorMessage).toMatch(/exceeded quota: no-jobs/u)
    await full.untilNothingLeft()
  })

  it.concurrent('a webhook that rejects the pod, and one that rejects the job', async () => {
    await using strict = await KubernetesScene.start(kubeconfig)
    for (const resource of ['pods', 'jobs'] as const) {
      await using _webhook = await Webhook.start(strict, resource, 'no containers on Fridays')
      const run = await errored({}, {}, strict)
      expect(run.errorMessage).toMatch(/no containers on Fridays/u)
    }
    await strict.untilNothingLeft()
  })
})

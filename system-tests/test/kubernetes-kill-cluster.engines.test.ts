import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { oneResource } from './support/configurations.ts'
import { toolImage } from './support/docker-engine.ts'
import { hooksOf } from './support/hooks.ts'
import { anyKubernetesCluster } from './support/kubernetes-cluster.ts'
import { proveKills } from './support/kubernetes-kill-matrix.ts'
import { noOwnCluster, OwnCluster } from './support/kubernetes-own-cluster.ts'
import { KubernetesScene } from './support/kubernetes-scene.ts'
import { anyRealTool } from './support/tools.ts'

const suite = 'kill -9 of an API server and of a kubelet'
const like = anyKubernetesCluster(suite) ?? ''
const tool = anyRealTool(suite)
const cannot = noOwnCluster(suite)

describe.skipIf(like === '' || tool === undefined || cannot !== undefined)(
  'a cluster of which a part is killed while it runs jobs',
  () => {
    if (tool === undefined) return
    const image = toolImage(tool)
    let cluster: OwnCluster

    beforeAll(async () => {
      cluster = await OwnCluster.start(like)
    })

    afterAll(() => cluster[Symbol.asyncDispose]())

    it.each(['apiserver', 'kubelet', 'both'] as const)(
      'I1, I7: %s, during start, run and report: run once, no byte lost, nothing left behind',
      async (victim) => {
        const { kubeconfig } = cluster
        await proveKills({ kubeconfig, cluster, image, iac: tool.iac }, victim)
      },
    )

    // Last: the node that comes back is a new one.
    it('I2: a node that is gone takes the job with it: lost, never a success', async () => {
      await using scene = await KubernetesScene.start(cluster.kubeconfig, { heartbeatMs: 500 })
      await using _agent = await scene.localAgent({ image })
      const workspace = await scene.platform.workspace({
        iac: tool.iac,
        files: oneResource,
        hooks: hooksOf({ prePlan: 'echo at work; sleep 300' }),
      })
      const { id } = await scene.platform.client.runs.create({ workspaceId: workspace.id })
      const { planId } = await scene.platform.client.runs.get(id)
      await scene.platform.untilPlanLog(planId, /^at work$/mu)
      await cluster.kill('kubelet')
      await scene.kubectl('delete', 'node', 'node1')
      const run = await scene.platform.untilStatus(id, 'errored')
      expect(run.errorMessage).toMatch(/node|gone|deleted|evicted/u)
      expect(await scene.platform.logs(run)).toMatch(/^at work$/mu)
      await scene.untilNothingLeft()
    })
  },
)

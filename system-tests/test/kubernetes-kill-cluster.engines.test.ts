import { afterAll, beforeAll, describe, it } from 'vitest'

import { toolImage } from './support/docker-engine.ts'
import { anyKubernetesCluster } from './support/kubernetes-cluster.ts'
import { killMoments, proveKillCell, type Victim } from './support/kubernetes-kill-matrix.ts'
import { noOwnCluster, OwnCluster } from './support/kubernetes-own-cluster.ts'
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

    const cells = (['apiserver', 'kubelet', 'both'] as const satisfies readonly Victim[]).flatMap(
      (victim) => killMoments.map((moment) => ({ moment, victim })),
    )
    it.each(cells)(
      'I1, I7: $victim, during $moment: run once, no byte lost, nothing left behind',
      async ({ moment, victim }) => {
        const { kubeconfig } = cluster
        await proveKillCell({ kubeconfig, cluster, image, iac: tool.iac }, moment, victim)
      },
    )
  },
)

import { describe, it } from 'vitest'

import { toolImage } from './support/docker-engine.ts'
import { anyKubernetesCluster } from './support/kubernetes-cluster.ts'
import { killMoments, proveKillCell } from './support/kubernetes-kill-matrix.ts'
import { anyRealTool } from './support/tools.ts'

const suite = 'kill -9 of an agent whose jobs are in pods'
const kubeconfig = anyKubernetesCluster(suite) ?? ''
const tool = anyRealTool(suite)

describe.skipIf(kubeconfig === '' || tool === undefined)(
  'an agent that is killed while its jobs are in pods',
  () => {
    if (tool === undefined) return
    const image = toolImage(tool)

    it.concurrent.each(killMoments)(
      'I1, I7: during %s: run once, no byte lost, nothing left behind',
      async (moment) => {
        await proveKillCell({ kubeconfig, image, iac: tool.iac }, moment, 'agent')
      },
    )
  },
)

import { describe, it } from 'vitest'

import { toolImage } from './support/docker-engine.ts'
import { anyKubernetesCluster } from './support/kubernetes-cluster.ts'
import { proveKills } from './support/kubernetes-kill-matrix.ts'
import { anyRealTool } from './support/tools.ts'

const suite = 'kill -9 of an agent whose jobs are in pods'
const kubeconfig = anyKubernetesCluster(suite) ?? ''
const tool = anyRealTool(suite)

describe.skipIf(kubeconfig === '' || tool === undefined)(
  'an agent that is killed while its jobs are in pods',
  () => {
    if (tool === undefined) return
    const image = toolImage(tool)

    it('I1, I7: during start, run and report: run once, no byte lost, nothing left behind', async () => {
      await proveKills({ kubeconfig, image, iac: tool.iac }, 'agent')
    })
  },
)

import { createHash } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import { CallCounter } from './support/call-counter.ts'
import { oneResource } from './support/configurations.ts'
import { toolImage } from './support/docker-engine.ts'
import { hooksOf } from './support/hooks.ts'
import { anyKubernetesCluster } from './support/kubernetes-cluster.ts'
import { KubernetesScene } from './support/kubernetes-scene.ts'
import { anyRealTool } from './support/tools.ts'

const suite = 'a log of 60 MB'
const kubeconfig = anyKubernetesCluster(suite) ?? ''
const tool = anyRealTool(suite)

const lines = 600_000
const line = (index: number): string => `line ${String(index).padStart(94, '.')}\n`
/** Prints lines from one number up to another, as `line` writes them. */
const print = (from: number, to: number): string =>
  `awk 'BEGIN { for (i = ${from}; i < ${to}; i++) { s = sprintf("%94d", i); gsub(/ /, ".", s); print "line " s } }'`

describe.skipIf(kubeconfig === '' || tool === undefined)(
  'a log of 60 MB, six times what a kubelet keeps of one',
  () => {
    if (tool === undefined) return

    it('I7: has every byte, once, though the agent was away for half of it', async () => {
      await using scene = await KubernetesScene.start(kubeconfig, { heartbeatMs: 500 })
      await using counter = await CallCounter.start(scene.address)
      const { platform } = scene
      const env = { SCALR_AGENT_CONTAINER_TASK_IMAGE: toolImage(tool) }
      await using first = await scene.daemon({ name: 'reader', env })
      await first.ready()
      const call = (path: string): string => `wget -q -O /dev/null ${counter.url}/${path}`
      const gate = counter.hold('half')
      const workspace = await platform.workspace({
        iac: tool.iac,
        files: oneResource,
        hooks: hooksOf({
          prePlan: [print(0, lines / 2), call('half'), print(lines / 2, lines), call('whole')].join(
            '\n',
          ),
        }),
      })
      const { id } = await platform.client.runs.create({ workspaceId: workspace.id })
      await counter.until('half')
      await first.kill()
      gate.letGo()
      await counter.until('whole')
      await using second = await scene.daemon({ name: 'reader', dataDir: first.dataDir, env })
      await second.ready()
      const run = await platform.untilStatus(id, 'planned')
      const log = (await platform.client.plans.output(run.planId ?? '')) ?? ''
      const wanted = createHash('sha256')
      for (let index = 0; index < lines; index += 1) wanted.update(line(index))
      const start = log.indexOf(line(0))
      const printed = log.slice(start, start + lines * line(0).length)
      expect(createHash('sha256').update(printed).digest('hex')).toBe(wanted.digest('hex'))
      expect(log.indexOf('line ....', start + printed.length)).toBe(-1)
      expect(counter.calls).toEqual(['half', 'whole'])
    })
  },
)

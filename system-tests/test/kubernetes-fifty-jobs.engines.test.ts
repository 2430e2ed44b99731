import { readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import { CallCounter } from './support/call-counter.ts'
import { oneResource } from './support/configurations.ts'
import { toolImage } from './support/docker-engine.ts'
import { hooksOf } from './support/hooks.ts'
import { anyKubernetesCluster } from './support/kubernetes-cluster.ts'
import { KubernetesScene } from './support/kubernetes-scene.ts'
import { anyRealTool } from './support/tools.ts'

const suite = 'many jobs at once'
const kubeconfig = anyKubernetesCluster(suite) ?? ''
const tool = anyRealTool(suite)
/**
 * What the agent takes at most, garbage of many launches at once included. Were output held in memory, the few large
 * ones would take it far beyond that.
 */
const cells = [
  { jobs: 5, logMebibytes: 80, mostMebibytes: 400 },
  { jobs: 50, logMebibytes: 2, mostMebibytes: 640 },
]

describe.skipIf(kubeconfig === '' || tool === undefined)('many jobs at once in pods', () => {
  if (tool === undefined) return

  it.each(cells)(
    'each of $jobs has its own log and end, and the agent holds none of it in memory',
    async (cell) => {
      const { jobs, mostMebibytes } = cell
      const logBytes = cell.logMebibytes * 1024 ** 2
      await using scene = await KubernetesScene.start(kubeconfig)
      await using counter = await CallCounter.start(scene.address)
      const { platform } = scene
      await using agent = await scene.daemon({
        name: 'fifty',
        env: {
          SCALR_AGENT_CONTAINER_TASK_IMAGE: toolImage(tool),
          SCALR_AGENT_CONCURRENCY: String(jobs),
        },
      })
      await agent.ready()
      const gate = counter.hold('arrived')
      // None goes on before all are there; each then ends with a code of its own.
      const hook = (index: number): string => `
echo "job ${index} is here"
wget -q -O /dev/null ${counter.url}/arrived
awk 'BEGIN { for (i = 0; i < ${logBytes / 64}; i++) printf "%063d\\n", i }'
echo "job ${index} ends"
exit ${index + 1}`
      const runs = await Promise.all(
        Array.from({ length: jobs }, async (_, index) => {
          const workspace = await platform.workspace({
            iac: tool.iac,
            files: oneResource,
            hooks: hooksOf({ preInit: hook(index) }),
          })
          return await platform.client.runs.create({ workspaceId: workspace.id })
        }),
      )
      await expect.poll(() => counter.calls.length, { timeout: 220_000, interval: 200 }).toBe(jobs)
      const before = residentMebibytes(agent.pid)
      gate.letGo()
      for (const [index, { id }] of runs.entries()) {
        const run = await platform.untilStatus(id, 'errored')
        expect(run.errorMessage).toMatch(new RegExp(`exit code ${index + 1}\\b`, 'u'))
        const log = await platform.logs(run)
        expect(log.match(/^job \d+ .*$/gmu)).toEqual([`job ${index} is here`, `job ${index} ends`])
        expect(log.match(/^\d{63}$/gmu)).toHaveLength(logBytes / 64)
      }
      const after = residentMebibytes(agent.pid)
      process.stdout.write(
        `The agent took ${before} MiB at most before all output, ${after} after it.\n`,
      )
      expect(after).toBeLessThan(mostMebibytes)
      await scene.untilNothingLeft()
    },
    420_000,
  )
})

/** Most resident memory that a process has had so far. */
function residentMebibytes(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/^VmHWM:\s+(\d+) kB$/mu.exec(status)?.[1]) / 1024)
}

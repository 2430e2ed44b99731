import { describe, expect, it } from 'vitest'

import { CallCounter } from './support/call-counter.ts'
import { allTicks, countedRun, ticksOf } from './support/counted-run.ts'
import { toolImage } from './support/docker-engine.ts'
import { ApiProxy } from './support/kubernetes-api-proxy.ts'
import { anyKubernetesCluster } from './support/kubernetes-cluster.ts'
import { KubernetesScene } from './support/kubernetes-scene.ts'
import { anyRealTool } from './support/tools.ts'

const suite = 'an API server on a bad day'
const kubeconfig = anyKubernetesCluster(suite) ?? ''
const tool = anyRealTool(suite)

describe.skipIf(kubeconfig === '' || tool === undefined)('an API server on a bad day', () => {
  if (tool === undefined) return
  const { iac } = tool
  const image = toolImage(tool)

  /** A run goes through, once and whole, while this is done to its agent. */
  async function provesItself(trouble: (proxy: ApiProxy) => Disposable): Promise<void> {
    await using scene = await KubernetesScene.start(kubeconfig, { heartbeatMs: 500 })
    await using counter = await CallCounter.start(scene.address)
    await using proxy = await ApiProxy.start(scene)
    await using _agent = await scene.localAgent(
      { image },
      { cluster: { kubeconfig: proxy.kubeconfig } },
    )
    const workspace = await scene.platform.workspace({ iac, ...countedRun(counter) })
    {
      using _trouble = trouble(proxy)
      const { id } = await scene.platform.client.runs.create({ workspaceId: workspace.id })
      const run = await scene.platform.untilStatus(id, 'applied')
      const log = await scene.platform.logs(run)
      expect(ticksOf('tock', log)).toEqual(allTicks)
      expect(ticksOf('tick', log)).toEqual(allTicks)
      expect(counter.calls).toEqual(['plan', 'apply'])
    }
    await scene.untilNothingLeft()
  }

  it.concurrent('I1: that turns a third of all requests away (429): waits and goes on', async () => {
    await provesItself((proxy) => {
      // By chance, but the same in each run: in turns, the second of two requests would never get through.
      let chance = 1
      proxy.throttle(() => {
        chance = (chance * 16_807) % 2_147_483_647
        return chance % 3 === 0
      })
      return {
        [Symbol.dispose]: () => {
          expect(proxy.turnedAway).toBeGreaterThan(5)
          proxy.throttle(() => false)
        },
      }
    })
  })

  it.concurrent('I7: whose streams break again and again: no byte lost or twice', async () => {
    await provesItself((proxy) => {
      const timer = setInterval(() => proxy.cut(), 700)
      return {
        [Symbol.dispose]: () => {
          clearInterval(timer)
          expect(proxy.cuts).toBeGreaterThan(5)
        },
      }
    })
  })
})

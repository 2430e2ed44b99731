import { expect } from 'vitest'

import { CallCounter } from './call-counter.ts'
import { allTicks, countedRun, ticksOf } from './counted-run.ts'
import type { Daemon } from './daemon.ts'
import type { OwnCluster } from './kubernetes-own-cluster.ts'
import { KubernetesScene } from './kubernetes-scene.ts'
import { endOfMain } from './kubernetes-watch.ts'
import type { Iac } from './tools.ts'

/** Of what is killed; `both`: the agent and the API server. */
export type Victim = 'agent' | 'apiserver' | 'kubelet' | 'both'

/**
 * Kills twice: while one job runs and the pod of another starts, and again while an apply is reported. Both runs go
 * through all the same, once, whole, and nothing is left.
 */
export async function proveKills(
  surroundings: {
    readonly kubeconfig: string
    /** Whose parts may be killed. */
    readonly cluster?: OwnCluster
    readonly image: string
    readonly iac: Iac
  },
  victim: Victim,
): Promise<void> {
  const { kubeconfig, cluster, image, iac } = surroundings
  await using scene = await KubernetesScene.start(kubeconfig, { heartbeatMs: 500 })
  await using counter = await CallCounter.start(scene.address)
  await using daemons = new AsyncDisposableStack()
  const env = { SCALR_AGENT_CONTAINER_TASK_IMAGE: image }
  const startAgent = async (dataDir?: string): Promise<Daemon> => {
    const more = dataDir === undefined ? {} : { dataDir }
    const started = daemons.use(await scene.daemon({ name: `kills-${victim}`, env, ...more }))
    await started.ready()
    return started
  }
  let agent = await startAgent()
  /** SIGKILL, and whoever supervises it starts it again. */
  const kill = async (): Promise<void> => {
    if (victim === 'agent' || victim === 'both') await agent.kill()
    if (victim === 'apiserver' || victim === 'both') await cluster?.kill('apiserver')
    if (victim === 'kubelet') await cluster?.kill('kubelet')
    if (victim !== 'agent') await cluster?.up()
    if (victim === 'agent' || victim === 'both') agent = await startAgent(agent.dataDir)
  }

  const { platform } = scene
  const { client } = platform
  const startRun = async (options: Parameters<typeof countedRun>[1]): Promise<string> => {
    const workspace = await platform.workspace({ iac, ...countedRun(counter, options) })
    return (await client.runs.create({ workspaceId: workspace.id })).id
  }
  const half = counter.hold('half')
  const runs = [await startRun({ prefix: 'first-', pausesAt: 'half' })]
  await counter.until('half')
  const second = await startRun({ prefix: 'second-' })
  runs.push(second)
  await scene.watch.until('of the second run was made', ({ metadata }) =>
    metadata.name.includes(second),
  )
  await kill()
  half.letGo()
  await scene.watch.until(
    'of an apply ended',
    (pod) => pod.metadata.name.includes('-apply') && endOfMain(pod) !== undefined,
  )
  await kill()

  for (const id of runs) {
    const run = await platform.untilStatus(id, 'applied').catch((error: unknown) => {
      throw new Error(`${String(error)}\nThe agent:\n${agent.output.slice(-30).join('\n')}`)
    })
    expect(ticksOf('tock', await client.plans.output(run.planId ?? ''))).toEqual(allTicks)
    const applyLog = await client.applies.output(run.applyId ?? '')
    expect(ticksOf('tick', applyLog)).toEqual(allTicks)
    expect(applyLog).toContain('Apply complete! Resources: 1 added')
  }
  expect(counter.calls.toSorted()).toEqual([
    'first-apply',
    'first-plan',
    'half',
    'second-apply',
    'second-plan',
  ])

  agent.signal('SIGTERM')
  expect(await agent.exited()).toBe(0)
  await scene.untilNothingLeft()
}

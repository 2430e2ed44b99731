import { expect } from 'vitest'

import { CallCounter } from './call-counter.ts'
import { allTicks, countedRun, midPlan, ticksOf } from './counted-run.ts'
import type { OwnCluster } from './kubernetes-own-cluster.ts'
import { KubernetesScene } from './kubernetes-scene.ts'
import { endOfMain } from './kubernetes-watch.ts'
import type { Iac } from './tools.ts'

/** When something is killed: while the pod of the plan starts, while it runs, while the apply is reported. */
export const killMoments = ['start', 'run', 'report'] as const
export type KillMoment = (typeof killMoments)[number]
export type Victim = 'agent' | 'apiserver' | 'kubelet' | 'both'

/** Kills at one moment of a job; the run goes through all the same, once, whole, and nothing is left. */
export async function proveKillCell(
  surroundings: {
    readonly kubeconfig: string
    /** Whose parts may be killed. */
    readonly cluster?: OwnCluster
    readonly image: string
    readonly iac: Iac
  },
  moment: KillMoment,
  victim: Victim,
): Promise<void> {
  const { kubeconfig, cluster, image, iac } = surroundings
  const name = `${moment}-${victim}`
  await using scene = await KubernetesScene.start(kubeconfig, { heartbeatMs: 500 })
  await using counter = await CallCounter.start(scene.address)
  const env = { SCALR_AGENT_CONTAINER_TASK_IMAGE: image }
  await using agent = await scene.daemon({ name, env })
  await agent.ready()

  const { platform } = scene
  const { client } = platform
  const workspace = await platform.workspace({ iac, ...countedRun(counter) })
  const { id } = await client.runs.create({ workspaceId: workspace.id })
  const { planId } = await client.runs.get(id)

  switch (moment) {
    case 'start':
      await scene.watch.until('was made', () => true)
      break
    case 'run':
      await platform.untilPlanLog(planId, midPlan)
      break
    case 'report':
      await scene.watch.until('of the apply ended', (pod) => {
        const [first] = scene.watch.pods
        return pod.metadata.uid !== first?.metadata.uid && endOfMain(pod) !== undefined
      })
      break
  }
  const killsAgent = victim === 'agent' || victim === 'both'
  if (killsAgent) await agent.kill()
  if (victim === 'apiserver' || victim === 'both') await cluster?.kill('apiserver')
  if (victim === 'kubelet') await cluster?.kill('kubelet')
  if (victim !== 'agent') await cluster?.up()
  const next = killsAgent ? await scene.daemon({ name, dataDir: agent.dataDir, env }) : agent
  await using _next = next
  await next.ready()

  const run = await platform.untilStatus(id, 'applied').catch((error: unknown) => {
    throw new Error(`${String(error)}\nThe agent:\n${next.output.slice(-30).join('\n')}`)
  })
  expect(ticksOf('tock', await client.plans.output(run.planId ?? ''))).toEqual(allTicks)
  const applyLog = await client.applies.output(run.applyId ?? '')
  expect(ticksOf('tick', applyLog)).toEqual(allTicks)
  expect(applyLog).toContain('Apply complete! Resources: 1 added')
  expect(counter.calls).toEqual(['plan', 'apply'])

  next.signal('SIGTERM')
  expect(await next.exited()).toBe(0)
  await scene.untilNothingLeft()
}

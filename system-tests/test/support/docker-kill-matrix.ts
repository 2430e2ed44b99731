import { expect, vi } from 'vitest'

import { CallCounter } from './call-counter.ts'
import { allTicks, countedRun, midPlan, ticksOf } from './counted-run.ts'
import { docker } from './docker-engine.ts'
import type { OwnEngine } from './docker-own-engine.ts'
import type { Registry } from './docker-registry.ts'
import { DockerScene } from './docker-scene.ts'
import { DockerWatch } from './docker-watch.ts'
import type { Iac } from './tools.ts'

/** When something is killed: while the image comes, while the container starts, and so on. */
export const killMoments = ['pull', 'start', 'run', 'report'] as const
export type KillMoment = (typeof killMoments)[number]
export type Victim = 'agent' | 'engine' | 'both'

/** Kills at one moment of a job; the run goes through all the same, once, whole, and nothing is left. */
export async function proveKillCell(
  surroundings: {
    readonly engine: OwnEngine
    readonly registry: Registry
    readonly image: string
    readonly iac: Iac
  },
  moment: KillMoment,
  victim: Victim,
): Promise<void> {
  const { engine, registry, image, iac } = surroundings
  // What stays for later jobs is there: the network that keeps them from metadata, and no more.
  const before = (await engine.contents()).filter((name) => !name.includes('no-metadata'))
  const cell = `${moment}-${victim}`
  await using scene = await DockerScene.start(engine.host, { heartbeatMs: 500 })
  await using counter = await CallCounter.start(scene.gateway)
  const used =
    moment === 'pull' ? await registry.take(engine.host, image, `scalr/job:${cell}`) : image
  // Later tests need the image.
  await using cleanup = new AsyncDisposableStack()
  if (used !== image) {
    cleanup.defer(async () => {
      await docker(engine.host, 'pull', '--quiet', used)
      await docker(engine.host, 'tag', used, image)
      await docker(engine.host, 'rmi', used)
    })
  }
  const gate = moment === 'pull' ? registry.hold() : undefined
  const agent = await scene.daemon({
    name: cell,
    env: { SCALR_AGENT_CONTAINER_TASK_IMAGE: used },
  })
  await using _agent = agent
  await agent.ready()
  await using watch = await DockerWatch.start(engine.host)

  const { platform } = scene
  const { client } = platform
  const workspace = await platform.workspace({ iac, ...countedRun(counter) })
  const { id } = await client.runs.create({ workspaceId: workspace.id })
  const { planId, applyId } = await client.runs.get(id)

  switch (moment) {
    case 'pull':
      await gate?.reached
      break
    case 'start':
      await untilEvent(watch, 'create', 1)
      break
    case 'run':
      await platform.untilPlanLog(planId, midPlan)
      break
    case 'report':
      await untilEvent(watch, 'die', 2)
      break
  }
  if (victim !== 'engine') await agent.kill()
  if (victim !== 'agent') await engine.kill()
  gate?.letGo()
  if (victim !== 'agent') await engine.up()
  const next =
    victim === 'engine'
      ? agent
      : await scene.daemon({
          name: cell,
          dataDir: agent.dataDir,
          env: { SCALR_AGENT_CONTAINER_TASK_IMAGE: used },
        })
  await using _next = next
  await next.ready()

  const run = await platform.untilStatus(id, 'applied').catch((error: unknown) => {
    throw new Error(`${String(error)}\nThe agent:\n${next.output.slice(-30).join('\n')}`)
  })
  expect(ticksOf('tock', await client.plans.output(run.planId ?? ''))).toEqual(allTicks)
  const applyLog = await client.applies.output(run.applyId ?? applyId ?? '')
  expect(ticksOf('tick', applyLog)).toEqual(allTicks)
  expect(applyLog).toContain('Apply complete! Resources: 1 added')
  expect(counter.calls).toEqual(['plan', 'apply'])

  next.signal('SIGTERM')
  expect(await next.exited()).toBe(0)
  const left = (await engine.contents()).filter((name) => !name.includes('no-metadata'))
  expect(left).toEqual(before)
}

/** Waits for the nth container of ours of which the engine says this. */
async function untilEvent(watch: DockerWatch, action: string, count: number): Promise<void> {
  await vi.waitFor(
    () => {
      const seen = watch.lines.filter(
        (line) => line.includes(`"Action":"${action}"`) && line.includes('io.scalr.agent.workload'),
      )
      if (seen.length < count) throw new Error(`${seen.length} of ${count} ${action} so far`)
    },
    { timeout: 60_000, interval: 2 },
  )
}

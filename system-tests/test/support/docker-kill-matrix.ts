import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { expect, vi } from 'vitest'

import { docker } from './docker-engine.ts'
import type { OwnEngine } from './docker-own-engine.ts'
import type { Registry } from './docker-registry.ts'
import { DockerScene } from './docker-scene.ts'
import { DockerWatch } from './docker-watch.ts'
import { hooksOf } from './hooks.ts'
import type { Iac } from './tools.ts'

/** When something is killed: while the image comes, while the container starts, and so on. */
export const killMoments = ['pull', 'start', 'run', 'report'] as const
export type KillMoment = (typeof killMoments)[number]
export type Victim = 'agent' | 'engine' | 'both'

/** Counts who calls, so that a test sees how often a job did something. */
class Counter implements AsyncDisposable {
  readonly calls: string[] = []
  readonly #server: Server

  private constructor() {
    this.#server = createServer((request, response) => {
      this.calls.push((request.url ?? '').slice(1))
      response.end()
    })
  }

  static async start(address: string): Promise<Counter> {
    const counter = new Counter()
    await once(counter.#server.listen(0, address), 'listening')
    return counter
  }

  get url(): string {
    const { address, port } = this.#server.address() as AddressInfo
    return `http://${address}:${port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

const ticks = 30
const tick = (name: string): string =>
  `i=0; while [ $i -lt ${ticks} ]; do i=$((i+1)); echo "${name} $i of ${ticks}"; sleep 0.1; done`

/** Numbers of those lines in a log. */
function numbersOf(name: string, log: string | undefined): readonly number[] {
  const line = new RegExp(`${name} (\\d+) of ${ticks}$`, 'gmu')
  return [...(log ?? '').matchAll(line)].map((match) => Number(match[1]))
}

const all = Array.from({ length: ticks }, (_, index) => index + 1)

function configuration(counter: string): Readonly<Record<string, string>> {
  const command = `wget -q -O /dev/null ${counter}/apply; ${tick('tick')}`
  return {
    'main.tf': `resource "terraform_data" "one" {
  provisioner "local-exec" {
    command = ${JSON.stringify(command)}
  }
}
`,
  }
}

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
  await using counter = await Counter.start(scene.gateway)
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
  const workspace = await platform.workspace({
    iac,
    files: configuration(counter.url),
    hooks: hooksOf({ prePlan: `wget -q -O /dev/null ${counter.url}/plan; ${tick('tock')}` }),
    autoApply: true,
  })
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
      await platform.untilPlanLog(planId, `tock 5 of ${ticks}`)
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
  expect(numbersOf('tock', await client.plans.output(run.planId ?? ''))).toEqual(all)
  const applyLog = await client.applies.output(run.applyId ?? applyId ?? '')
  // Terraform says the command, too; only what it printed ends so.
  expect(numbersOf('tick', applyLog)).toEqual(all)
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

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import {
  HttpControlPlane,
  NetworkError,
  type AgentOptions,
  type ControlPlane,
} from '@scalr-agent/core'
import { describe, it } from 'vitest'

import { Daemon } from './support/daemon.ts'
import { fakeRun, fakeTool, linesOf, recordedEvents, upTo } from './support/fake-tool.ts'
import { LocalAgent } from './support/local-agent.ts'
import { Platform } from './support/platform.ts'

const single: Partial<AgentOptions> = { single: true, jobMemoryBytes: 64 * 1024 ** 2 }

interface Scene extends AsyncDisposable {
  readonly platform: Platform
  readonly tool: Awaited<ReturnType<typeof fakeTool>>
  readonly record: string
  /** Ids of runs that wait, each in a workspace of its own. */
  readonly runIds: readonly string[]
  /** Statuses of the runs, sorted. */
  readonly statuses: () => Promise<readonly string[]>
  /** Statuses of agents that the pool still has. */
  readonly agents: () => Promise<readonly string[]>
}

async function setUp(
  count: number,
  timing: Parameters<typeof Platform.start>[0] = {},
): Promise<Scene> {
  const platform = await Platform.start(timing)
  const { client } = platform
  const record = join(platform.directory, 'record')
  const runIds: string[] = []
  for (let index = 0; index < count; index += 1) {
    const { id } = await platform.workspace({ files: fakeRun({ planLines: 1, record }) })
    runIds.push((await client.runs.create({ workspaceId: id })).id)
  }
  return {
    platform,
    tool: await fakeTool(platform.directory),
    record,
    runIds,
    statuses: async () => {
      const runs = await Promise.all(runIds.map(async (id) => await client.runs.get(id)))
      return runs.map(({ status }) => status).toSorted()
    },
    agents: async () => {
      const found: string[] = []
      for await (const { status } of client.agents.list()) found.push(status)
      return found
    },
    [Symbol.asyncDispose]: () => platform[Symbol.asyncDispose](),
  }
}

/** A control plane whose first answer with jobs is lost on its way. */
function losingFirstJobs(options: ConstructorParameters<typeof HttpControlPlane>[0]): {
  readonly controlPlane: ControlPlane
  readonly lost: string[]
} {
  const inner = new HttpControlPlane(options)
  const lost: string[] = []
  const controlPlane: ControlPlane = {
    register: async (...parameters) => {
      const session = await inner.register(...parameters)
      return {
        registration: session.registration,
        heartbeat: (...rest) => session.heartbeat(...rest),
        signals: (...rest) => session.signals(...rest),
        start: (...rest) => session.start(...rest),
        disconnect: (...rest) => session.disconnect(...rest),
        acquire: async (...rest) => {
          const jobs = await session.acquire(...rest)
          if (jobs.length === 0 || lost.length > 0) return jobs
          lost.push(...jobs.map(({ jobId }) => jobId))
          throw new NetworkError('Cannot ask for jobs: the answer was lost.')
        },
      }
    },
    close: () => inner.close(),
  }
  return { controlPlane, lost }
}

describe.concurrent('an agent in single mode', () => {
  it('takes one job of two, reports all of it, disconnects and ends', async ({ expect }) => {
    await using scene = await setUp(2)
    const { platform, tool, record } = scene
    const agent = await LocalAgent.start(platform, tool, { ...single, disconnectOnStop: false })
    await agent.running
    expect(agent.ended).toMatchObject([{ result: 'succeeded', phase: 'plan' }])
    expect(await scene.statuses()).toEqual(['plan_queued', 'planned'])
    expect((await recordedEvents(record)).map(({ event }) => event)).toEqual(['begin', 'end'])
    expect(await scene.agents()).not.toContain('idle')
    const [done] = agent.ended
    const log = await platform.logs(await platform.client.runs.get(done?.runId ?? ''))
    expect(log).toContain('Plan: 1 to add')
  })

  it('takes one job also after the answer that gave it a first one was lost', async ({
    expect,
  }) => {
    await using scene = await setUp(3, { acceptMs: 300, reaperEveryMs: 50 })
    const { platform, tool, record } = scene
    const { controlPlane, lost } = losingFirstJobs({ url: platform.url, token: platform.poolToken })
    const agent = await LocalAgent.start(platform, tool, single, { controlPlane })
    await agent.running
    expect(lost).toHaveLength(1)
    expect(agent.ended).toHaveLength(1)
    expect(await recordedEvents(record)).toHaveLength(2)
    expect(await scene.statuses()).toEqual(['plan_queued', 'plan_queued', 'planned'])
  })

  it('ends when no job comes in time, and says so', async ({ expect }) => {
    await using scene = await setUp(0)
    const agent = await LocalAgent.start(scene.platform, scene.tool, {
      ...single,
      singleWaitMs: 3000,
    })
    const reasons: string[] = []
    agent.agent.events.on('agent:stop', ({ reason }) => reasons.push(reason))
    await agent.running
    expect(reasons).toEqual(['single mode: no job came within 3 s'])
    expect(await scene.agents()).not.toContain('idle')
  })

  it('ends with an error when it cannot even register in that time', async ({ expect }) => {
    await using scene = await setUp(0)
    const { platform, tool } = scene
    const url = 'http://127.0.0.1:9'
    await expect(
      LocalAgent.start(platform, tool, { ...single, url, singleWaitMs: 50 }),
    ).rejects.toThrow(/did not let this agent in within/u)
  })

  it('exits 0 as a process with the old names of variables, also when its job failed', async ({
    expect,
  }) => {
    await using scene = await setUp(0)
    const { platform, tool } = scene
    const { id } = await platform.workspace({ files: { 'main.tf': '# No fake.conf.\n' } })
    const run = await platform.client.runs.create({ workspaceId: id })
    await using daemon = await Daemon.start(platform, {
      tool,
      env: { SCALR_AGENT_DRIVER: '', SCALR_DRIVER: 'local', SCALR_SINGLE: 'true' },
    })
    expect(await daemon.exited()).toBe(0)
    await platform.untilStatus(run.id, 'errored')
    expect(daemon.output.join('\n')).toContain('single mode: the job ended, failed')
  })

  it.for([
    ['is killed', kill, 'planned'],
    // Its second SIGTERM asked the job to stop.
    ['leaves at the third SIGTERM', leave, 'errored'],
  ] as const)(
    'I1, I7: that %s in the middle of its job adopts it when it is started again, and takes no other',
    async ([, end, status], { expect }) => {
      await using scene = await setUp(0)
      const { platform, tool, record } = scene
      const gate = join(platform.directory, 'gate')
      const runIds: string[] = []
      for (const lines of [3, 1]) {
        const files = fakeRun({ planLines: lines, record, gate, gatePhase: 'plan', deaf: true })
        const { id } = await platform.workspace({ files })
        runIds.push((await platform.client.runs.create({ workspaceId: id })).id)
      }
      const [first = '', second = ''] = runIds
      const env = { SCALR_AGENT_SINGLE: 'true' }
      await using daemon = await Daemon.start(platform, { tool, env })
      await expect.poll(() => recordedEvents(record)).toHaveLength(1)
      await end(daemon)
      expect([0, 'SIGKILL']).toContain(await daemon.exited())
      expect(daemon.output.join('\n')).not.toContain('DATA_DIR_UNUSABLE')
      const { dataDir } = daemon
      await using next = await Daemon.start(platform, { tool, env, dataDir })
      await next.untilSaid('Took up the jobs of an earlier process')
      await writeFile(gate, '')
      expect(await next.exited()).toBe(0)
      const run = await platform.untilStatus(first, status)
      const log = await platform.client.plans.output(run.planId ?? '')
      expect(linesOf('plan', log)).toEqual(upTo(3))
      expect(await recordedEvents(record)).toMatchObject([
        { event: 'begin', runId: first },
        { event: 'end', runId: first },
      ])
      expect((await platform.client.runs.get(second)).status).toBe('plan_queued')
    },
  )
})

async function kill(daemon: Daemon): Promise<void> {
  await daemon.kill()
}

async function leave(daemon: Daemon): Promise<void> {
  daemon.signal('SIGTERM')
  await daemon.untilSaid('Taking no more jobs')
  daemon.signal('SIGTERM')
  await daemon.untilSaid('Interrupting the workload')
  daemon.signal('SIGTERM')
}

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { afterAll, beforeAll, describe, it } from 'vitest'

import { Daemon } from './support/daemon.ts'
import {
  fakeRun,
  fakeTool,
  linesOf,
  recordedEvents,
  upTo,
  type FakeRun,
} from './support/fake-tool.ts'
import { Platform } from './support/platform.ts'
import type { Tool } from './support/tools.ts'

describe.concurrent('an agent daemon that is told to stop', () => {
  let platform: Platform
  let tool: Tool

  beforeAll(async () => {
    platform = await Platform.start({ heartbeatMs: 500 })
    tool = await fakeTool(platform.directory)
  })

  afterAll(async () => {
    await platform[Symbol.asyncDispose]()
  })

  it('drains at the first SIGTERM: finishes its job, takes no other, ends with 0', async ({
    expect,
  }) => {
    const scene = await setUp('drain')
    await using agent = await scene.start()
    const run = await scene.begin({}, 'plan')

    agent.signal('SIGTERM')
    await agent.untilSaid('Taking no more jobs')
    const next = await scene.queue({})
    await scene.openGate()
    expect(await agent.exited()).toBe(0)

    expect((await platform.untilStatus(run.id, 'planned')).status).toBe('planned')
    expect((await platform.client.runs.get(next.id)).status).toBe('plan_queued')
    const statuses: unknown[] = []
    const filter = { agentPool: scene.poolId }
    for await (const { status } of platform.client.agents.list({ filter })) statuses.push(status)
    expect(statuses).toEqual(['offline'])
  })

  it('I8: interrupts its job once at the second SIGTERM, and reports it', async ({ expect }) => {
    const scene = await setUp('stop')
    await using agent = await scene.start()
    const run = await scene.begin({}, 'plan')

    agent.signal('SIGTERM')
    await agent.untilSaid('Taking no more jobs')
    agent.signal('SIGTERM')
    expect(await agent.exited()).toBe(0)

    const errored = await platform.untilStatus(run.id, 'errored')
    expect(errored.errorMessage).toContain('agent was told to stop')
    const log = (await platform.client.plans.output(errored.planId ?? '')) ?? ''
    expect(log.match(/Interrupt received/gu)).toHaveLength(1)
  })

  it('I1, I7: leaves at the third SIGTERM, and the next one adopts what it left', async ({
    expect,
  }) => {
    const scene = await setUp('leave')
    await using agent = await scene.start()
    const run = await scene.begin({ deaf: true, applyLines: 10 }, 'apply')

    agent.signal('SIGTERM')
    await agent.untilSaid('Taking no more jobs')
    agent.signal('SIGTERM')
    await agent.untilSaid('Interrupting the workload')
    agent.signal('SIGTERM')
    expect(await agent.exited()).toBe(0)
    expect((await platform.client.runs.get(run.id)).status).toBe('applying')
    await using next = await scene.start()
    await next.ready()
    await scene.openGate()

    const applied = await platform.untilStatus(run.id, 'applied')
    const log = await platform.client.applies.output(applied.applyId ?? '')
    expect(linesOf('apply', log)).toEqual(upTo(10))
    expect(log?.match(/Interrupt received/gu)).toHaveLength(1)
    expect((await recordedEvents(scene.record)).map(({ event }) => event)).toEqual([
      'begin',
      'end',
      'begin',
      'end',
    ])
  })

  it('I7: a token that is refused at the start costs the jobs of an earlier process nothing', async ({
    expect,
  }) => {
    const scene = await setUp('refused')
    await using agent = await scene.start()
    const run = await scene.begin({ applyLines: 10 }, 'apply')
    await agent.kill()

    const { id, token } = await platform.client.accessTokens.createForPool(scene.poolId)
    await platform.client.accessTokens.delete(id)
    await using refused = await scene.start(token ?? '')
    expect(await refused.exited()).toBe(2)
    expect(refused.output.join('\n')).toContain('Create a new token in the agent pool')
    await using next = await scene.start()
    await next.ready()
    await scene.openGate()

    const applied = await platform.untilStatus(run.id, 'applied')
    const log = await platform.client.applies.output(applied.applyId ?? '')
    expect(linesOf('apply', log)).toEqual(upTo(10))
    expect(log).not.toContain('Interrupt received')
  })

  /** A pool, an agent and workspaces of its own. */
  async function setUp(name: string) {
    const pool = await platform.addPool(name)
    const record = join(platform.directory, `${name}.record`)
    const gate = join(platform.directory, `${name}.gate`)
    const dataDir = join(platform.directory, name)
    const queue = async (run: Omit<FakeRun, 'record'>, autoApply = false) => {
      const files = fakeRun({ ...run, record })
      const workspace = await platform.workspace({ files, autoApply, poolId: pool.id })
      return platform.client.runs.create({ workspaceId: workspace.id })
    }
    return {
      poolId: pool.id,
      record,
      queue,
      /** Resolves when the tool works in that phase; it waits for the gate there. */
      begin: async (run: Omit<FakeRun, 'record'>, phase: 'plan' | 'apply') => {
        const created = await queue({ ...run, gate, gatePhase: phase }, phase === 'apply')
        while ((await recordedEvents(record)).at(-1)?.phase !== phase) await delay(20)
        return created
      },
      openGate: () => writeFile(gate, ''),
      start: (token = pool.token) =>
        Daemon.start(
          { directory: platform.directory, url: platform.url, poolToken: token },
          { tool, name, dataDir, env: { SCALR_AGENT_CONTAINER_TASK_MEM_LIMIT: '64' } },
        ),
    }
  }
})

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { AgentOptions, Run } from '@scalr-agent/core'
import { describe, it } from 'vitest'

import { fakeRun, fakeTool, recordedEvents, type RecordedEvent } from './support/fake-tool.ts'
import { LocalAgent } from './support/local-agent.ts'
import { Platform } from './support/platform.ts'

const options: Partial<AgentOptions> = { jobMemoryBytes: 64 * 1024 ** 2 }

describe('jobs at once', () => {
  it('runs five at once on an agent, and a sixth waits until one has ended', async ({ expect }) => {
    await using scene = await setUp()
    const { platform, record } = scene
    await using agent = await scene.agent('one')
    const runs = await scene.startRuns(6)

    await scene.untilBegun(5)
    const statuses = await Promise.all(
      runs.map(async ({ id }) => (await platform.client.runs.get(id)).status),
    )
    expect(statuses.toSorted()).toEqual(['plan_queued', ...Array<string>(5).fill('planning')])
    await scene.openGate()
    await Promise.all(runs.map(({ id }) => platform.untilStatus(id, 'planned')))

    const events = await recordedEvents(record)
    expect(mostAtOnce(events)).toBe(5)
    const begins = events.flatMap(({ event }, index) => (event === 'begin' ? [index] : []))
    expect(begins[5]).toBeGreaterThan(events.findIndex(({ event }) => event === 'end'))
    expect(agent.mostAtOnce).toBe(5)
  })

  it('runs ten at once on two agents', async ({ expect }) => {
    await using scene = await setUp()
    await using first = await scene.agent('one')
    await using second = await scene.agent('two')
    const runs = await scene.startRuns(10)
    await scene.untilBegun(10)
    await scene.openGate()
    await Promise.all(runs.map(({ id }) => scene.platform.untilStatus(id, 'planned')))

    expect(mostAtOnce(await recordedEvents(scene.record))).toBe(10)
    expect([first.mostAtOnce, second.mostAtOnce]).toEqual([5, 5])
  })

  it('I6: never runs two runs of a workspace at once, however many wait', async ({ expect }) => {
    await using scene = await setUp()
    const { platform, record } = scene
    await scene.openGate()
    await using _first = await scene.agent('one')
    await using _second = await scene.agent('two')
    const workspaces = await Promise.all([1, 2, 3].map(() => scene.workspace({ autoApply: true })))
    const runs: Run[] = []
    for (let round = 0; round < 4; round += 1) {
      for (const { id } of workspaces) {
        runs.push(await platform.client.runs.create({ workspaceId: id }))
      }
    }
    await Promise.all(runs.map(({ id }) => platform.untilStatus(id, 'applied')))

    const events = await recordedEvents(record)
    for (const { id } of workspaces) {
      const order = runs.filter(({ workspaceId }) => workspaceId === id)
      const seen = events.filter(({ workspaceId }) => workspaceId === id)
      expect(seen.map(({ event, phase, runId }) => `${event} ${phase} ${runId}`)).toEqual(
        order.flatMap((run) => [
          `begin plan ${run.id}`,
          `end plan ${run.id}`,
          `begin apply ${run.id}`,
          `end apply ${run.id}`,
        ]),
      )
    }
    // Different workspaces do run beside each other.
    expect(mostAtOnce(events)).toBeGreaterThan(1)
  })

  it('runs the dry runs of a workspace beside each other', async ({ expect }) => {
    await using scene = await setUp()
    const { client } = scene.platform
    await using _agent = await scene.agent('one')
    const { id: workspaceId } = await scene.workspace()
    const runs = await Promise.all(
      [1, 2, 3].map(() => client.runs.create({ workspaceId, isDry: true })),
    )
    await scene.untilBegun(3)
    await scene.openGate()
    await Promise.all(runs.map(({ id }) => scene.platform.untilStatus(id, 'planned_and_finished')))
    expect(mostAtOnce(await recordedEvents(scene.record))).toBe(3)
  })
})

async function setUp() {
  const platform = await Platform.start()
  const tool = await fakeTool(platform.directory)
  const record = join(platform.directory, 'record')
  const gate = join(platform.directory, 'gate')
  const workspace = ({ autoApply = false } = {}) =>
    platform.workspace({ files: fakeRun({ planLines: 2, applyLines: 2, record, gate }), autoApply })
  return {
    platform,
    record,
    workspace,
    agent: (name: string) => LocalAgent.start(platform, tool, { ...options, name }),
    /** Tools go no further than their begin before. */
    openGate: () => writeFile(gate, ''),
    /** Each in a workspace of its own. */
    startRuns: async (count: number): Promise<readonly Run[]> => {
      const workspaces = await Promise.all(Array.from({ length: count }, () => workspace()))
      return Promise.all(
        workspaces.map(({ id }) => platform.client.runs.create({ workspaceId: id })),
      )
    },
    untilBegun: async (count: number): Promise<void> => {
      while ((await recordedEvents(record)).length < count) {
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    [Symbol.asyncDispose]: () => platform[Symbol.asyncDispose](),
  }
}

/** The record is one file that the tools append to, so its order is the order in time. */
function mostAtOnce(events: readonly RecordedEvent[]): number {
  let running = 0
  let most = 0
  for (const { event } of events) {
    running += event === 'begin' ? 1 : -1
    most = Math.max(most, running)
  }
  return most
}

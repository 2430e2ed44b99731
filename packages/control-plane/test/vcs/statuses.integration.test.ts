import { describe, expect, it } from 'vitest'

import { eventually } from '../support/eventually.ts'
import { RunningAgent } from '../support/running-agent.ts'
import { json } from '../support/test-forge.ts'
import { startVcsWorld, type VcsWorld } from '../support/vcs-world.ts'

const told = (world: VcsWorld): string[] =>
  world.forge.statuses.map(({ state, description }) => `${state}: ${description}`)

async function firstRun(world: VcsWorld) {
  const { id } = await world.bound({}, { 'auto-apply': false })
  return eventually(async () => {
    const [run] = await world.runs(id)
    expect(run).toBeDefined()
    return run
  })
}

describe('commit statuses', () => {
  it('follow a run to its end', async () => {
    await using world = await startVcsWorld()
    world.forge.commit('main', { 'main.tf': '1' })
    const run = await firstRun(world)
    const agent = await RunningAgent.register(world, world.runPoolId)
    await agent.finishPlan(await agent.take())
    await eventually(() => expect(told(world).at(-1)).toContain('waits for confirmation'))
    await world.api.post(`/runs/${run.id}/actions/apply`)
    await agent.finish(await agent.take())
    await eventually(() => expect(told(world).at(-1)).toBe('success: Applied.'))
    expect(told(world)).toEqual([
      'pending: Planning.',
      'pending: Planned; waits for confirmation.',
      'pending: Applying.',
      'success: Applied.',
    ])
    expect(new Set(world.forge.statuses.map(({ context }) => context))).toEqual(
      new Set(['scalr/env/ws']),
    )
  })

  it.each([['failure', { result: 'failed', exitCode: 1 } as const, 'failure: The run failed.']])(
    'tell of a %s',
    async (_what, outcome, wanted) => {
      await using world = await startVcsWorld()
      world.forge.commit('main', { 'main.tf': '1' })
      await firstRun(world)
      const agent = await RunningAgent.register(world, world.runPoolId)
      await agent.finish(await agent.take(), outcome)
      await eventually(() => expect(told(world).at(-1)).toBe(wanted))
    },
  )

  it('tell of a discarded run as of an error', async () => {
    await using world = await startVcsWorld()
    world.forge.commit('main', { 'main.tf': '1' })
    const run = await firstRun(world)
    const agent = await RunningAgent.register(world, world.runPoolId)
    await agent.finishPlan(await agent.take())
    await world.api.post(`/runs/${run.id}/actions/discard`)
    await eventually(() => expect(told(world).at(-1)).toBe('error: The run was discarded.'))
  })

  it('are sent again until the VCS takes them, and hold up no run', async () => {
    await using world = await startVcsWorld()
    world.forge.commit('main', { 'main.tf': '1' })
    let failures = 0
    world.forge.intercept = async (request) => {
      if (request.method !== 'POST' || failures >= 5) return undefined
      failures += 1
      return json(503, { message: 'Try later' })
    }
    await firstRun(world)
    const agent = await RunningAgent.register(world, world.runPoolId)
    await agent.finish(await agent.take(), { hasChanges: false })
    await eventually(() => expect(told(world).at(-1)).toBe('success: Planned: no changes.'))
    expect(failures).toBe(5)
  })

  it('are given up when the VCS does not allow them, until the run moves on', async () => {
    await using world = await startVcsWorld()
    world.forge.commit('main', { 'main.tf': '1' })
    let asked = 0
    world.forge.intercept = async (request) => {
      if (request.method !== 'POST') return undefined
      asked += 1
      return asked === 1 ? json(403, { message: 'Resource not accessible' }) : undefined
    }
    await firstRun(world)
    await eventually(() => expect(asked).toBe(1))
    const agent = await RunningAgent.register(world, world.runPoolId)
    await agent.finish(await agent.take(), { hasChanges: false })
    await eventually(() => expect(told(world)).toContain('success: Planned: no changes.'))
  })

  it('are sent after a restart of the control plane', async () => {
    await using world = await startVcsWorld()
    world.forge.commit('main', { 'main.tf': '1' })
    world.forge.intercept = async (request) =>
      request.method === 'POST' ? json(502, { message: 'Bad gateway' }) : undefined
    await firstRun(world)
    await world.controlPlane.close()
    expect(told(world)).toEqual([])
    await using _again = await world.restart()
    // Only now: what was under way when the control plane closed may arrive after all, and be told again.
    world.forge.intercept = undefined
    await eventually(() => expect(told(world)).toEqual(['pending: Planning.']))
  })
})

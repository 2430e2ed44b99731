import { describe, expect, it } from 'vitest'

import { prepareRuns, type Attributes } from '../support/prepare-runs.ts'
import { startWorld } from '../support/world.ts'

describe('the mode of a run', () => {
  it.each<[Attributes, Attributes]>([
    [{}, { isDestroy: false, isDry: false, refresh: true, refreshOnly: false }],
    [{ 'is-destroy': true }, { isDestroy: true }],
    [{ 'is-dry': true }, { isDry: true }],
    [{ refresh: false }, { refresh: false }],
    [{ 'refresh-only': true }, { refreshOnly: true }],
    [{ 'target-addrs': ['a.b', 'm["x"]'] }, { targets: ['a.b', 'm["x"]'] }],
    [{ 'replace-addrs': ['a.b'] }, { replacements: ['a.b'] }],
    [
      { source: 'scalr-cli', message: 'why' },
      { source: 'scalr-cli', message: 'why', vcs: null },
    ],
  ])('%j is told to the agent as %j', async (attributes, told) => {
    await using world = await startWorld()
    const { agent, ask } = await prepareRuns(world)
    const answer = await ask(attributes)
    expect(answer.body.data.attributes).toMatchObject(attributes)
    expect((await agent.take()).run).toMatchObject(told)
  })

  it.each<[Attributes, string]>([
    [{ 'refresh-only': true, 'is-destroy': true }, 'refresh-only'],
    [{ 'refresh-only': true, refresh: false }, 'refresh'],
    [{ 'refresh-only': true, 'replace-addrs': ['a.b'] }, 'replace-addrs'],
    [{ 'is-destroy': true, 'replace-addrs': ['a.b'] }, 'replace-addrs'],
    [{ 'plan-at': '2030-01-01T00:00:00Z' }, 'plan-at'],
    [{ inputs: [{ name: 'a', value: 1 }] }, 'inputs'],
  ])('%j is refused', async (attributes, pointer) => {
    await using world = await startWorld()
    const { ask } = await prepareRuns(world)
    const answer = await ask(attributes)
    expect([answer.status, answer.body.errors[0].source.pointer]).toEqual([
      422,
      `/data/attributes/${pointer}`,
    ])
  })

  it('dry ends with the plan, and has nothing to confirm', async () => {
    await using world = await startWorld()
    const { agent, ask, status, act } = await prepareRuns(world)
    const { id } = (await ask({ 'is-dry': true, 'auto-apply': true })).body.data
    await agent.finishPlan(await agent.take())
    expect(await status(id)).toBe('planned_and_finished')
    expect((await act(id, 'apply')).status).toBe(409)
  })

  it('does not put an apply off to a time that nobody keeps', async () => {
    await using world = await startWorld()
    const { agent, ask, status, act } = await prepareRuns(world)
    const { id } = (await ask()).body.data
    await agent.finishPlan(await agent.take())
    expect((await act(id, 'apply', { 'apply-at': '2030-01-01T00:00:00Z' })).status).toBe(422)
    expect(await status(id)).toBe('planned')
  })

  it('a run that waits for its turn can be discarded', async () => {
    await using world = await startWorld()
    const { ask, status, act } = await prepareRuns(world)
    await ask()
    const { id } = (await ask()).body.data
    expect(await status(id)).toBe('pending')
    expect((await act(id, 'discard')).status).toBe(202)
    expect(await status(id)).toBe('discarded')
  })
})

import { describe, expect, it } from 'vitest'

import { prepareRuns } from '../support/prepare-runs.ts'
import { stateOf } from '../support/state-of.ts'
import { startWorld } from '../support/world.ts'

describe('a saved plan', () => {
  it('waits aside, and is applied once it is confirmed', async () => {
    await using world = await startWorld()
    const { agent, ask, status, act } = await prepareRuns(world)
    const saved = (await ask({ 'save-plan': true, 'auto-apply': true })).body.data.id
    await agent.finishPlan(await agent.take())
    expect(await status(saved)).toBe('planned_and_saved')
    const other = (await ask()).body.data.id
    expect(await status(other)).toBe('plan_queued')
    const busy = await act(saved, 'apply')
    expect([busy.status, busy.body.errors[0].detail]).toEqual([
      409,
      `The run ${other} of the same workspace is 'plan_queued'. Confirm the saved plan when it has ended.`,
    ])
    await act(other, 'cancel')
    expect((await act(saved, 'apply', { comment: 'go' })).status).toBe(202)
    const apply = await agent.take()
    expect(apply.phase).toBe('apply')
    expect(apply.files.map(({ name }) => name)).toContain('plan.bin')
    await agent.finish(apply)
    expect(await status(saved)).toBe('applied')
  })

  it('is discarded when another run changes the state, and stays when it does not', async () => {
    await using world = await startWorld()
    const { agent, ask, status, workspaceId } = await prepareRuns(world)
    const saved = (await ask({ 'save-plan': true })).body.data.id
    await agent.finishPlan(await agent.take())
    const apply = async (state?: Buffer<ArrayBuffer>): Promise<string> => {
      const { id } = (await ask({ 'auto-apply': true })).body.data
      await agent.finishPlan(await agent.take())
      const job = await agent.take()
      if (state !== undefined) {
        await fetch(`${world.controlPlane.url}/api/agent/v1/state/${workspaceId}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${job.runToken}` },
          body: state,
        })
      }
      await agent.finish(job)
      return String(id)
    }
    await apply()
    expect(await status(saved)).toBe('planned_and_saved')
    await apply(stateOf({ serial: 1 }))
    expect(await status(saved)).toBe('discarded')
  })

  it('is refused when a person has changed the state', async () => {
    await using world = await startWorld()
    const { agent, ask, status, act, workspaceId } = await prepareRuns(world)
    const saved = (await ask({ 'save-plan': true })).body.data.id
    await agent.finishPlan(await agent.take())
    await fetch(`${world.controlPlane.url}/api/agent/v1/state/${workspaceId}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${world.controlPlane.ownerToken()}` },
      body: stateOf({ serial: 1 }),
    })
    const refused = await act(saved, 'apply')
    expect(refused.status).toBe(409)
    expect(refused.body.errors[0].detail).toContain('is stale')
    expect(await status(saved)).toBe('planned_and_saved')
    expect((await act(saved, 'discard')).status).toBe(202)
  })
})

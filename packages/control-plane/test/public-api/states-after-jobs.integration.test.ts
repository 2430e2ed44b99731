import { describe, expect, it } from 'vitest'

import { beginRun, callState } from '../support/begin-run.ts'
import { stateOf } from '../support/state-of.ts'
import { startWorld } from '../support/world.ts'

const lock = {
  ID: 'lock-1',
  Operation: 'OperationTypeApply',
  Who: 'root@host',
  Created: '2026-01-01T00:00:00Z',
}

describe('the lock of a state', () => {
  it('that an apply left is told of with holder, time and the line that releases it', async () => {
    await using world = await startWorld()
    const { agent, read, workspaceId, runId } = await beginRun(world, {
      'iac-platform': 'opentofu',
    })
    await agent.finishPlan(await agent.take())
    const apply = await agent.take()
    const body = JSON.stringify(lock)
    expect(
      (await callState(world, workspaceId, 'LOCK', { token: apply.runToken, body })).status,
    ).toBe(200)
    const path = `/workspaces/${workspaceId}`
    expect((await world.api.get(path)).body.data.attributes['agent-state-lock']).toEqual({
      id: 'lock-1',
      who: 'root@host',
      operation: 'OperationTypeApply',
      'created-at': '2026-01-01T00:00:00Z',
      'run-id': runId,
    })
    const unlock = (id: string) => world.api.post(`${path}/actions/unlock-state`, { 'lock-id': id })
    // Nobody takes the lock from under a tool that works.
    expect((await unlock('lock-1')).body.errors[0].detail).toContain('is at work')
    await agent.finish(apply, {
      result: 'failed',
      exitCode: null,
      failure: { cause: 'signaled', message: 'Apply was ended by SIGKILL.' },
      interrupts: { soft: 1, hard: 1, kill: 1 },
    })
    const ended = await read()
    expect(ended.run['error-message']).toBe(
      `Apply was ended by SIGKILL. The state is locked: lock ID lock-1, taken by root@host for the run ${runId} on 2026-01-01T00:00:00Z (OperationTypeApply). Once you are sure that nothing works on it: tofu force-unlock lock-1`,
    )
    expect(ended.apply.attributes['agent-report']['state-lock']).toMatchObject({ id: 'lock-1' })

    const next = await world.api.create(
      '/runs',
      'runs',
      {},
      { workspace: ['workspaces', workspaceId] },
    )
    expect(next.attributes).toMatchObject({
      status: 'pending',
      'agent-waiting-reason': expect.stringContaining('taken by root@host'),
    })
    expect((await unlock('lock-2')).body.errors[0].detail).toBe(
      'The state is locked with another ID: lock-1.',
    )
    const unlocked = await unlock('lock-1')
    expect(unlocked.status).toBe(200)
    expect(unlocked.body.data.attributes['agent-state-lock']).toBeNull()
    expect((await world.api.get(`/runs/${next.id}`)).body.data.attributes.status).toBe(
      'plan_queued',
    )
    expect((await unlock('lock-1')).body.errors[0].detail).toBe('The state is not locked.')
    expect((await world.api.post(`${path}/actions/unlock-state`)).status).toBe(422)
  })

  it.each([
    ['not when the agent has said it', 'The state is locked by root@host, lock ID lock-1.', ''],
    [
      'with its holder, when the agent knew only of the lock',
      'The state is locked (lock lock-1).',
      ' The lock was taken by root@host on 2026-01-01T00:00:00Z (OperationTypeApply).',
    ],
  ])('of somebody else is told of once, and %s', async (_when, message, added) => {
    await using world = await startWorld()
    const { agent, read, workspaceId } = await beginRun(world)
    const plan = await agent.take()
    const token = world.controlPlane.ownerToken()
    await callState(world, workspaceId, 'LOCK', { token, body: JSON.stringify(lock) })
    await agent.finish(plan, {
      result: 'failed',
      exitCode: 1,
      failure: { cause: 'state-locked', message },
    })
    const { run, plan: ended } = await read()
    expect(run['error-message']).toBe(`${message}${added}`)
    expect(ended.attributes['agent-report']['state-lock']).toMatchObject({
      id: 'lock-1',
      'run-id': null,
    })
  })
})

describe('a state that could not be written', () => {
  it('I9: is downloaded from the apply when it does not follow the current one', async () => {
    await using world = await startWorld()
    const { agent, read, workspaceId } = await beginRun(world)
    await agent.finishPlan(await agent.take())
    const apply = await agent.take()
    const present = stateOf({ serial: 5 })
    await callState(world, workspaceId, 'POST', { token: apply.runToken, body: present })
    const failure = { cause: 'exit-code', message: 'Apply failed.' } as const
    const rescued = stateOf({ serial: 4, outputs: { a: { value: 1 } } })
    await agent.finish(
      apply,
      { result: 'failed', exitCode: 1, failure },
      { 'errored.tfstate': rescued },
    )
    const { run, plan, apply: ended } = await read()
    expect(ended.attributes['agent-report']['rescued-state']).toEqual({
      outcome: 'kept',
      serial: null,
      reason: expect.stringContaining('serial 4'),
    })
    expect(run['error-message']).toContain(`/applies/${ended.id}/errored-state`)
    const answer = await world.api.get(`/applies/${ended.id}/errored-state`)
    expect([answer.status, answer.text]).toEqual([200, rescued.toString()])
    expect(ended.links['errored-state']).toBe(`/api/iacp/v3/applies/${ended.id}/errored-state`)
    expect(plan.links).not.toHaveProperty('errored-state')
    expect((await world.api.get(`/plans/${plan.id}/errored-state`)).status).toBe(404)
    expect((await world.api.get(`/plans/${ended.id}/errored-state`)).status).toBe(404)
  })

  it('I9: is kept as a file of the apply when it is of units with their own backends', async () => {
    await using world = await startWorld()
    const { agent, read, workspaceId } = await beginRun(world)
    await agent.finishPlan(await agent.take())
    const failure = { cause: 'exit-code', message: 'Apply failed.' } as const
    const archive = Buffer.from('states of units')
    await agent.finish(
      await agent.take(),
      { result: 'failed', exitCode: 1, failure },
      { 'errored-states.tar.gz': archive },
    )
    const { apply, run } = await read()
    expect(run['error-message']).toContain('units of Terragrunt')
    const answer = await world.api.get(`/applies/${apply.id}/errored-state`)
    expect([answer.status, answer.text]).toEqual([200, archive.toString()])
    const current = await world.api.get(`/workspaces/${workspaceId}/current-state-version`)
    expect(current.status).toBe(404)
  })

  it('I9: is no file of the apply when it became the current one', async () => {
    await using world = await startWorld()
    const { agent, read, workspaceId } = await beginRun(world)
    await agent.finishPlan(await agent.take())
    const failure = { cause: 'exit-code', message: 'Apply failed.' } as const
    await agent.finish(
      await agent.take(),
      { result: 'failed', exitCode: 1, failure },
      { 'errored.tfstate': stateOf({ serial: 4 }) },
    )
    const { apply } = await read()
    expect(apply.attributes['agent-report']['rescued-state']).toEqual({
      outcome: 'stored',
      serial: 4,
      reason: null,
    })
    expect((await world.api.get(`/applies/${apply.id}/errored-state`)).status).toBe(404)
    const current = await world.api.get(`/workspaces/${workspaceId}/current-state-version`)
    expect(current.body.data.attributes.serial).toBe(4)
  })
})

import { describe, expect, it } from 'vitest'

import { RunningAgent } from '../support/running-agent.ts'
import { stateOf } from '../support/state-of.ts'
import { makeWorkspace, startWorld, uploadConfiguration, type World } from '../support/world.ts'

async function begin(world: World, attributes: Record<string, unknown> = {}) {
  const { poolId, workspaceId } = await makeWorkspace(world.api, attributes)
  await uploadConfiguration(world.api, workspaceId)
  const run = await world.api.create(
    '/runs',
    'runs',
    { 'auto-apply': true },
    { workspace: ['workspaces', workspaceId] },
  )
  const agent = await RunningAgent.register(world, poolId)
  const read = async () => {
    const { body } = await world.api.get(`/runs/${run.id}?include=plan,apply`)
    const [plan, apply] = body.included
    return { run: body.data.attributes, plan, apply }
  }
  return { workspaceId, runId: String(run.id), agent, read }
}

/** Calls Terraform's http backend. */
function state(
  world: World,
  workspaceId: string,
  method: string,
  options: { readonly token: string; readonly body?: string | Buffer<ArrayBuffer> },
): Promise<Response> {
  const { token, body } = options
  return fetch(`${world.controlPlane.url}/api/agent/v1/state/${workspaceId}`, {
    method,
    headers: { authorization: `Basic ${Buffer.from(`run:${token}`).toString('base64')}` },
    ...(body === undefined ? {} : { body }),
  })
}

const lock = {
  ID: 'lock-1',
  Operation: 'OperationTypeApply',
  Who: 'root@host',
  Created: '2026-01-01T00:00:00Z',
}

describe('how a job ended', () => {
  it('is on the plan: cause, exit code, evidence, last lines, stages and interrupts', async () => {
    await using world = await startWorld()
    const { agent, read } = await begin(world)
    expect((await read()).plan.attributes['agent-report']).toBeNull()
    const plan = await agent.take()
    await agent.finish(plan, {
      result: 'failed',
      exitCode: 137,
      failure: {
        cause: 'out-of-memory',
        message: 'Error: The Run has reached the memory limit.',
        evidence: 'limit 1, peak 2',
        lastLines: 'Killed',
      },
      stages: [
        {
          name: 'init',
          exitCode: 0,
          startedAt: '2026-01-01T00:00:00Z',
          endedAt: '2026-01-01T00:00:01Z',
        },
        { name: 'plan', exitCode: 137 },
      ],
      interrupts: { soft: 1, hard: 0, kill: 0 },
    })
    const { run, plan: ended, apply } = await read()
    expect(run).toMatchObject({
      status: 'errored',
      'error-message': 'Error: The Run has reached the memory limit.',
    })
    expect(ended.attributes.status).toBe('errored')
    expect(ended.attributes['agent-report']).toMatchObject({
      result: 'failed',
      cause: 'out-of-memory',
      message: 'Error: The Run has reached the memory limit.',
      evidence: 'limit 1, peak 2',
      'last-lines': 'Killed',
      'exit-code': 137,
      stages: [
        {
          name: 'init',
          'started-at': '2026-01-01T00:00:00Z',
          'ended-at': '2026-01-01T00:00:01Z',
          'exit-code': 0,
        },
        { name: 'plan', 'started-at': null, 'ended-at': null, 'exit-code': 137 },
      ],
      interrupts: { soft: 1, hard: 0, kill: 0 },
      log: { bytes: 0, 'missing-bytes': 0 },
      'state-lock': null,
      'rescued-state': null,
    })
    expect(apply.attributes).toMatchObject({ status: 'unreachable', 'agent-report': null })
  })

  it('a post-plan hook that fails ends the run before its apply, and its plan can be seen', async () => {
    await using world = await startWorld()
    const { agent, read } = await begin(world)
    await agent.finishPlan(await agent.take(), {
      result: 'failed',
      exitCode: 3,
      failure: { cause: 'hook-failed', message: "The hook 'post-plan' failed." },
      resources: { additions: 2, changes: 1, destructions: 0 },
    })
    const { run, plan, apply } = await read()
    expect(run).toMatchObject({ status: 'errored', 'has-changes': true })
    expect(plan.attributes).toMatchObject({ 'resource-additions': 2, 'has-changes': true })
    expect(apply.attributes.status).toBe('unreachable')
  })

  it('a post-apply hook that fails leaves the counts of what was applied', async () => {
    await using world = await startWorld()
    const { agent, read } = await begin(world)
    await agent.finishPlan(await agent.take())
    await agent.finish(await agent.take(), {
      result: 'failed',
      exitCode: 3,
      failure: { cause: 'hook-failed', message: "The hook 'post-apply' failed." },
      resources: { additions: 2, changes: 0, destructions: 1 },
      stages: [
        { name: 'apply', exitCode: 0 },
        { name: 'post-apply', exitCode: 3 },
      ],
    })
    const { run, apply } = await read()
    expect(run.status).toBe('errored')
    expect(apply.attributes).toMatchObject({
      status: 'errored',
      'resource-additions': 2,
      'resource-destructions': 1,
    })
    expect(apply.attributes['agent-report']).toMatchObject({ cause: 'hook-failed', 'exit-code': 3 })
  })
})

describe('the lock of a state', () => {
  it('that an apply left is told of with holder, time and the line that releases it', async () => {
    await using world = await startWorld()
    const { agent, read, workspaceId, runId } = await begin(world, { 'iac-platform': 'opentofu' })
    await agent.finishPlan(await agent.take())
    const apply = await agent.take()
    const body = JSON.stringify(lock)
    expect((await state(world, workspaceId, 'LOCK', { token: apply.runToken, body })).status).toBe(
      200,
    )
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
      'Apply was ended by SIGKILL. The state is locked: lock ID lock-1, taken by root@host on 2026-01-01T00:00:00Z (OperationTypeApply). Once you are sure that nothing works on it: tofu force-unlock lock-1',
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

  it('of somebody else is told of once, and not when the agent has said it', async () => {
    await using world = await startWorld()
    const { agent, read, workspaceId } = await begin(world)
    const plan = await agent.take()
    const token = world.controlPlane.ownerToken()
    await state(world, workspaceId, 'LOCK', { token, body: JSON.stringify(lock) })
    const message = 'The state is locked by root@host since 2026-01-01, lock ID lock-1.'
    await agent.finish(plan, {
      result: 'failed',
      exitCode: 1,
      failure: { cause: 'state-locked', message },
    })
    const { run, plan: ended } = await read()
    expect(run['error-message']).toBe(message)
    expect(ended.attributes['agent-report']['state-lock']).toMatchObject({
      id: 'lock-1',
      'run-id': null,
    })
  })
})

describe('a state that could not be written', () => {
  it('I9: is downloaded from the apply when it does not follow the current one', async () => {
    await using world = await startWorld()
    const { agent, read, workspaceId } = await begin(world)
    await agent.finishPlan(await agent.take())
    const apply = await agent.take()
    const present = stateOf({ serial: 5 })
    await state(world, workspaceId, 'POST', { token: apply.runToken, body: present })
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

  it('I9: is no file of the apply when it became the current one', async () => {
    await using world = await startWorld()
    const { agent, read, workspaceId } = await begin(world)
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

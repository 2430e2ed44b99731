import { describe, expect, it } from 'vitest'

import { AgentClient } from '../support/agent-client.ts'
import type { ApiClient } from '../support/api-client.ts'
import { registration } from '../support/agent-messages.ts'
import { makeWorkspace, startWorld, uploadConfiguration } from '../support/world.ts'

/** Status, place and reason of a run, as people see them. */
async function waiting(api: ApiClient, runId: string): Promise<readonly unknown[]> {
  const { attributes } = (await api.get(`/runs/${runId}`)).body.data
  return [attributes.status, attributes['position-in-queue'], attributes['agent-waiting-reason']]
}

describe('a run that waits says why', () => {
  it('from the lock of its workspace to the agent that takes it', async () => {
    await using world = await startWorld()
    const { api } = world
    const { workspaceId, environmentId, poolId } = await makeWorkspace(api)
    await uploadConfiguration(api, workspaceId)
    const createRun = async (attributes = {}): Promise<string> =>
      (await api.create('/runs', 'runs', attributes, { workspace: ['workspaces', workspaceId] })).id
    const lock = { reason: 'maintenance' }
    await api.post(`/environments/${environmentId}/actions/lock`, lock)
    await api.post(`/workspaces/${workspaceId}/actions/lock`, lock)

    const first = await createRun()
    const second = await createRun()
    // It touches no state, so it waits for no lock of the workspace and has no place among the others.
    const dry = await createRun({ 'is-dry': true })
    expect((await waiting(api, dry)).slice(0, 2)).toEqual(['pending', null])
    expect(await waiting(api, first)).toEqual([
      'pending',
      1,
      'The environment env is locked (maintenance).',
    ])
    await api.post(`/environments/${environmentId}/actions/unlock`)
    expect(await waiting(api, first)).toEqual([
      'pending',
      1,
      'The workspace is locked (maintenance).',
    ])
    expect((await waiting(api, second))[1]).toBe(2)
    const noAgent = `No agent of the pool ${poolId} is online. Start one.`
    expect(await waiting(api, dry)).toEqual(['plan_queued', null, noAgent])

    await api.post(`/workspaces/${workspaceId}/actions/unlock`)
    expect(await waiting(api, first)).toEqual(['plan_queued', null, noAgent])
    expect(await waiting(api, second)).toEqual([
      'pending',
      1,
      `The run ${first} (plan_queued) comes first.`,
    ])

    const pool = await api.create(`/agent-pools/${poolId}/access-tokens`, 'access-tokens', {})
    const agent = new AgentClient(world.controlPlane.url)
    const token: string = pool.attributes.token
    const register = async (values: Parameters<typeof registration>[1]) =>
      agent.call('POST', '/sessions', { token, json: registration(values?.name ?? '', values) })
    const session = String((await register({ name: 'one', slots: 1 })).body?.['sessionToken'])
    const job = await agent.take(session)
    expect(await waiting(api, dry)).toEqual(['planning', null, null])
    const busy = `Every agent of the pool ${poolId} is busy.`
    expect(await waiting(api, first)).toEqual(['plan_queued', null, busy])

    // It is no word about a run that has ended.
    await api.post(`/runs/${first}/actions/cancel`)
    expect(await waiting(api, first)).toEqual(['canceled', null, null])
    expect(await waiting(api, second)).toEqual(['plan_queued', null, busy])
    expect(job.jobId).toMatch(/^job-/u)
  })
})

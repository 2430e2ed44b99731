import { createRelayGateway } from '@scalr-agent/vcs-relay/gateway'
import { describe, expect, it } from 'vitest'

import { AgentClient } from '../support/agent-client.ts'
import { registration } from '../support/agent-messages.ts'
import { makeWorkspace, startWorld, type World } from '../support/world.ts'

/** An agent of the pool that waits for jobs and signals, longer than any test. */
async function waitingAgent(world: World, poolId: string, name: string) {
  const token = await world.api.create(`/agent-pools/${poolId}/access-tokens`, 'access-tokens')
  const client = new AgentClient(world.controlPlane.url)
  const session = await client.registerWith(token.attributes.token, name)
  const statusOf = async (path: string) =>
    (await client.call('GET', path, { token: session })).status
  const polls = [
    statusOf('/sessions/self/jobs?wait=600&max=1'),
    statusOf('/sessions/self/signals?wait=600'),
  ]
  // Its polls were sent before this call, and are open by the time that it is answered.
  const beat = { slots: { total: 1, free: 1 }, status: 'idle', jobs: [] }
  await client.call('POST', '/sessions/self/heartbeat', { token: session, json: beat })
  return { tokenId: String(token.id), session, client, polls: Promise.all(polls) }
}

describe('a token that is revoked while it is in use', () => {
  it('ends the long-polls of the agents that it let in, and of no others', async () => {
    await using world = await startWorld()
    const { poolId, workspaceId } = await makeWorkspace(world.api)
    const one = await waitingAgent(world, poolId, 'one')
    const other = await waitingAgent(world, poolId, 'other')
    expect((await world.api.delete(`/access-tokens/${one.tokenId}`)).status).toBe(204)
    expect(await one.polls).toEqual([401, 401])
    // The other still waits: it gets the signal that ends its session, not the end of its access.
    const answer = await other.client.call('GET', '/sessions/self/jobs', { token: other.session })
    expect(answer.status).toBe(200)
    await other.client.call('DELETE', '/sessions/self', { token: other.session })
    expect(await other.polls).toEqual([409, 409])
    expect((await world.api.get(`/workspaces/${workspaceId}`)).status).toBe(200)
  })

  it('a pool that is deleted ends the polls of its agents', async () => {
    await using world = await startWorld()
    const pool = await world.api.create('/agent-pools', 'agent-pools', { name: 'unused' })
    const { polls, client, session } = await waitingAgent(world, pool.id, 'one')
    expect((await world.api.delete(`/agent-pools/${pool.id}`)).status).toBe(204)
    expect(await polls).toEqual([401, 401])
    const answer = await client.call('GET', '/sessions/self/jobs', { token: session })
    expect(answer.status).toBe(401)
  })

  it('the channels of VCS agents end with their pool’s token, and with their pool', async () => {
    const dropped: string[] = []
    await using world = await startWorld({
      createGateway: (options) => {
        const gateway = createRelayGateway(options)
        const drop = gateway.drop.bind(gateway)
        gateway.drop = (agentId, reason) => {
          dropped.push(reason)
          drop(agentId, reason)
        }
        return gateway
      },
    })
    const { api, controlPlane } = world
    const pool = await api.create('/agent-pools', 'agent-pools', {
      name: 'vcs',
      'vcs-enabled': true,
    })
    const token = await api.create(`/agent-pools/${pool.id}/access-tokens`, 'access-tokens')
    await new AgentClient(controlPlane.url).call('POST', '/sessions', {
      token: token.attributes.token,
      json: registration('vcs', { kind: 'vcs' }),
    })
    dropped.length = 0
    expect((await api.delete(`/access-tokens/${token.id}`)).status).toBe(204)
    expect((await api.delete(`/agent-pools/${pool.id}`)).status).toBe(204)
    expect(dropped).toEqual(['A token of its pool was revoked.', 'Its pool was deleted.'])
  })
})

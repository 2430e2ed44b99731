import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { ApiClient } from '../support/api-client.ts'
import { registerAgent } from '../support/register-agent.ts'
import { makeWorkspace, startWorld } from '../support/world.ts'

describe('access tokens of a pool', () => {
  it('I12: are shown once, at their creation', async () => {
    await using world = await startWorld()
    const { poolId } = await makeWorkspace(world.api)
    const token = await world.api.create(`/agent-pools/${poolId}/access-tokens`, 'access-tokens', {
      description: 'for the VM',
      'expires-in': 60,
    })
    expect(token.attributes.token).toMatch(/^ey/u)
    expect(Date.parse(token.attributes['expires-at'])).toBeGreaterThan(Date.now() + 59 * 60_000)
    for (const path of [`/access-tokens/${token.id}`, `/agent-pools/${poolId}/access-tokens`]) {
      const answer = await world.api.get(path)
      expect(answer.status).toBe(200)
      expect(answer.text).not.toContain(token.attributes.token)
    }
  })

  it('stop an agent at once when they are revoked', async () => {
    await using world = await startWorld()
    const { poolId } = await makeWorkspace(world.api)
    const session = await registerAgent(world, poolId)
    const heartbeat = (): Promise<Response> =>
      fetch(`${world.controlPlane.url}/api/agent/v1/sessions/self/heartbeat`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${session.sessionToken}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ slots: { total: 5, free: 5 }, status: 'idle', jobs: [] }),
      })
    expect((await heartbeat()).status).toBe(200)
    expect((await world.api.delete(`/access-tokens/${session.tokenId}`)).status).toBe(204)
    expect((await heartbeat()).status).toBe(401)
    expect((await world.api.get(`/access-tokens/${session.tokenId}`)).status).toBe(404)
  })

  it('are kept apart from those of users', async () => {
    await using world = await startWorld()
    const { poolId } = await makeWorkspace(world.api)
    await world.api.create(`/agent-pools/${poolId}/access-tokens`, 'access-tokens')
    const mine = await world.api.create('/access-tokens', 'access-tokens', { name: 'laptop' })
    const { body } = await world.api.get('/access-tokens')
    expect(
      body.data.map((token: { attributes: { name: string } }) => token.attributes.name),
    ).toEqual(['owner', 'laptop'])
    const other = new ApiClient(world.controlPlane, mine.attributes.token)
    expect((await other.get('/accounts')).status).toBe(200)
  })
})

describe('agents', () => {
  it('appear once they registered, and cannot be deleted while they are online', async () => {
    await using world = await startWorld()
    const { poolId } = await makeWorkspace(world.api)
    const { agentId } = await registerAgent(world, poolId)
    const { body } = await world.api.get(`/agents?filter[agent-pool]=${poolId}&include=pool`)
    expect(body.data).toMatchObject([
      { id: agentId, attributes: { name: 'agent', status: 'idle', driver: 'local' } },
    ])
    expect(body.included).toMatchObject([{ id: poolId }])
    expect((await world.api.delete(`/agents/${agentId}`)).status).toBe(409)
  })

  it('are offline without a heartbeat, and can be deleted then', async () => {
    await using world = await startWorld()
    const { poolId } = await makeWorkspace(world.api)
    const { agentId } = await registerAgent(world, poolId)
    await world.controlPlane.close()
    const db = new DatabaseSync(join(world.dataDir, 'control-plane.sqlite'))
    db.prepare('UPDATE agents SET last_seen_at = ?').run(
      new Date(Date.now() - 31_000).toISOString(),
    )
    db.close()
    const { createControlPlane } = await import('../../src/index.ts')
    await using again = await createControlPlane({ dataDir: world.dataDir })
    const api = new ApiClient(again)
    expect((await api.get(`/agents/${agentId}`)).body.data.attributes.status).toBe('offline')
    expect((await api.delete(`/agents/${agentId}`)).status).toBe(204)
    expect((await api.get(`/agents/${agentId}`)).status).toBe(404)
  })
})

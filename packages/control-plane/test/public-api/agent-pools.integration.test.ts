import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { ApiClient, type Json } from '../support/api-client.ts'
import { makeWorkspace, startWorld, type World } from '../support/world.ts'

/** Registers an agent over the agent protocol. */
async function registerAgent(world: World, poolId: string, name = 'agent'): Promise<Json> {
  const token = await world.api.create(`/agent-pools/${poolId}/access-tokens`, 'access-tokens')
  const response = await fetch(`${world.controlPlane.url}/api/agent/v1/sessions`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token.attributes.token}`,
      'content-type': 'application/json',
      'idempotency-key': `register-${name}`,
    },
    body: JSON.stringify({
      protocolVersions: [1],
      name,
      version: '0.0.0',
      os: 'linux',
      runtime: 'vm',
      driver: 'local',
      cpuPlatform: 'linux_amd64',
      kind: 'run',
      slots: 5,
      instanceId: `instance-${name}`,
      found: [],
    }),
  })
  if (!response.ok) throw new Error(`register: ${response.status} ${await response.text()}`)
  return { tokenId: token.id, ...((await response.json()) as object) }
}

describe('agent pools', () => {
  it('are created in the caller’s account, shared unless said otherwise', async () => {
    await using world = await startWorld()
    const pool = await world.api.create('/agent-pools', 'agent-pools', { name: 'p' })
    expect(pool.attributes).toMatchObject({ 'is-shared': true, default: false, 'in-use': false })
    expect(pool.relationships.account.data.id).toBe(world.controlPlane.accountId)
    const again = await world.api.write('POST', '/agent-pools', 'agent-pools', { name: 'p' })
    expect(again.status).toBe(422)
    expect(again.body.errors[0].source.pointer).toBe('/data/attributes/name')
  })

  it('have one default in the account, which must be shared', async () => {
    await using world = await startWorld()
    const first = await world.api.create('/agent-pools', 'agent-pools', {
      name: 'a',
      default: true,
    })
    await world.api.create('/agent-pools', 'agent-pools', { name: 'b', default: true })
    expect((await world.api.get(`/agent-pools/${first.id}`)).body.data.attributes.default).toBe(
      false,
    )
    const answer = await world.api.write('POST', '/agent-pools', 'agent-pools', {
      name: 'c',
      default: true,
      'is-shared': false,
    })
    expect(answer.status).toBe(422)
    // Refused as a whole: the default has not moved.
    const { body } = await world.api.get('/agent-pools')
    expect(
      body.data.map((pool: { attributes: { name: string; default: boolean } }) => [
        pool.attributes.name,
        pool.attributes.default,
      ]),
    ).toEqual([
      ['a', false],
      ['b', true],
    ])
  })

  it('that are not shared serve only the environments they are linked to', async () => {
    await using world = await startWorld()
    const { environmentId } = await makeWorkspace(world.api)
    const other = await world.api.create('/environments', 'environments', { name: 'other' })
    const pool = await world.api.create(
      '/agent-pools',
      'agent-pools',
      { name: 'private', 'is-shared': false },
      { environments: ['environments', [environmentId]] },
    )
    const make = (environment: string, name: string) =>
      world.api.write(
        'POST',
        '/workspaces',
        'workspaces',
        { name },
        { environment: ['environments', environment], 'agent-pool': ['agent-pools', pool.id] },
      )
    expect((await make(environmentId, 'allowed')).status).toBe(201)
    const refused = await make(other.id, 'refused')
    expect(refused.status).toBe(422)
    expect(refused.body.errors[0].source.pointer).toBe('/data/relationships/agent-pool')
    expect(
      (
        await world.api.write(
          'PATCH',
          `/environments/${other.id}`,
          'environments',
          {},
          {
            'default-workspace-agent-pool': ['agent-pools', pool.id],
          },
        )
      ).status,
    ).toBe(422)
    const available = await world.api.get(`/agent-pools?filter[environment]=${other.id}`)
    expect(available.body.data.map((item: { id: string }) => item.id)).not.toContain(pool.id)
  })

  it('keep an environment whose workspaces use them', async () => {
    await using world = await startWorld()
    const { poolId, environmentId } = await makeWorkspace(world.api)
    const patch = (attributes: Record<string, unknown>, environments: readonly string[]) =>
      world.api.write('PATCH', `/agent-pools/${poolId}`, 'agent-pools', attributes, {
        environments: ['environments', environments],
      })
    const refused = await patch({ 'is-shared': false }, [])
    expect(refused.status).toBe(422)
    expect(refused.body.errors[0].source.pointer).toBe('/data/relationships/environments')
    expect((await world.api.get(`/agent-pools/${poolId}`)).body.data.attributes['is-shared']).toBe(
      true,
    )
    expect((await patch({ 'is-shared': false }, [environmentId])).status).toBe(200)
  })

  it('unlink every workspace when a PATCH sends an empty list, as go-scalr does', async () => {
    await using world = await startWorld()
    const { poolId, workspaceId } = await makeWorkspace(world.api)
    await world.api.write(
      'PATCH',
      `/agent-pools/${poolId}`,
      'agent-pools',
      { name: 'renamed' },
      { environments: ['environments', []], workspaces: ['workspaces', []] },
    )
    const { body } = await world.api.get(`/workspaces/${workspaceId}`)
    expect(body.data.relationships['agent-pool'].data).toBeNull()
  })

  it('cannot be deleted while a workspace is linked, and can afterwards', async () => {
    await using world = await startWorld()
    const { poolId, workspaceId } = await makeWorkspace(world.api)
    const refused = await world.api.delete(`/agent-pools/${poolId}`)
    expect(refused.status).toBe(409)
    await world.api.write(
      'PATCH',
      `/workspaces/${workspaceId}`,
      'workspaces',
      {},
      {
        'agent-pool': ['agent-pools', null],
      },
    )
    expect((await world.api.delete(`/agent-pools/${poolId}`)).status).toBe(204)
    expect((await world.api.get(`/agent-pools/${poolId}`)).status).toBe(404)
  })

  it('refuse webhooks, which this control plane does not call', async () => {
    await using world = await startWorld()
    const answer = await world.api.write('POST', '/agent-pools', 'agent-pools', {
      name: 'p',
      'webhook-enabled': true,
      'webhook-url': 'https://example.com',
    })
    expect(answer.status).toBe(422)
    expect(answer.body.errors[0].source.pointer).toBe('/data/attributes/webhook-enabled')
  })
})

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

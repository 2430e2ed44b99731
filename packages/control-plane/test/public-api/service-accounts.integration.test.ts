import { ScalrClient } from '@scalr-agent/core'
import { describe, expect, it } from 'vitest'

import { ApiClient, type Json } from '../support/api-client.ts'
import { callState } from '../support/begin-run.ts'
import { makeWorkspace, startWorld, type World } from '../support/world.ts'

/** A service account, a token of it, and what a program with that token may call. */
async function program(world: World, name = 'deploy') {
  const { api, controlPlane } = world
  const account = await api.create('/service-accounts', 'service-accounts', { name })
  const token = await api.create(`/service-accounts/${account.id}/access-tokens`, 'access-tokens', {
    name: 'ci',
    description: 'of the pipeline',
  })
  const secret = String(token.attributes.token)
  return { id: String(account.id), token, secret, api: new ApiClient(controlPlane, secret) }
}

describe('service accounts', () => {
  it('are made with an e-mail address of their own, and found by it', async () => {
    await using world = await startWorld()
    const { api, controlPlane } = world
    const account = await api.create(
      '/service-accounts',
      'service-accounts',
      { name: 'deploy', description: 'Deploys', unknown: 1 },
      { account: ['accounts', controlPlane.accountId], owners: ['teams', []] },
    )
    expect(account.attributes).toMatchObject({
      name: 'deploy',
      description: 'Deploys',
      email: 'deploy@local.localhost',
      status: 'Active',
    })
    expect(account.relationships.owners.data).toEqual([])
    const found = await api.get(
      '/service-accounts?filter[email]=deploy@local.localhost&include=account,created-by',
    )
    expect(found.body.data.map(({ id }: Json) => id)).toEqual([account.id])
    expect(found.body.included.map(({ type }: Json) => type).toSorted()).toEqual([
      'accounts',
      'users',
    ])
    expect((await api.get('/service-accounts?filter[has-owners]=true')).body.data).toEqual([])
    expect((await api.get('/service-accounts?filter[has-owners]=false')).body.data).toHaveLength(1)
    expect((await api.get('/service-accounts?query=DEPL&sort=-status')).body.data).toHaveLength(1)
  })

  it('refuse names that are taken or no part of an address, and what does not exist here', async () => {
    await using world = await startWorld()
    const { api } = world
    const { id } = await program(world)
    const post = (attributes: Record<string, unknown>, teams: readonly string[] = []) =>
      api.write('POST', '/service-accounts', 'service-accounts', attributes, {
        owners: ['teams', teams],
      })
    const empty = await post({ name: '' })
    expect(empty.body.errors[0]).toMatchObject({
      detail: 'Service account name can not be empty.',
      source: { pointer: '/data/attributes/name' },
    })
    expect((await post({})).body.errors[0].detail).toBe('Service account name can not be empty.')
    const taken = await post({ name: 'deploy' })
    expect(taken.status).toBe(422)
    expect(taken.body.errors[0].detail).toBe("Service account with name 'deploy' already exists.")
    for (const attributes of [
      { name: 'a b' },
      { name: 'a@b' },
      { name: 'x'.repeat(65) },
      { name: 'ok', status: 'active' },
      { name: 'ok', description: 'x'.repeat(256) },
    ]) {
      expect((await post(attributes)).status).toBe(422)
    }
    const owned = await post({ name: 'ok' }, ['team-1'])
    expect(owned.status).toBe(404)
    expect(owned.body.errors[0].source.pointer).toBe('/data/relationships/owners')
    const renamed = await api.write('PATCH', `/service-accounts/${id}`, 'service-accounts', {
      name: 'other',
    })
    expect(renamed.status).toBe(422)
    const missing = await api.get('/service-accounts/sa-none')
    expect(missing.body.errors[0].title).toBe(
      "ServiceAccount with ID 'sa-none' not found or user unauthorized.",
    )
    expect((await api.get('/service-accounts/sa-none/access-tokens')).status).toBe(404)
  })

  it('do in the account what users do; what they did has no user', async () => {
    await using world = await startWorld()
    const { api, id } = await program(world)
    const { environmentId, workspaceId } = await makeWorkspace(api)
    const environment = await world.api.get(`/environments/${environmentId}`)
    expect(environment.body.data.attributes['created-by-email']).toBe('deploy@local.localhost')
    expect(environment.body.data.relationships['created-by'].data).toBeNull()
    const mine = await world.api.get(`/workspaces?filter[created-by]=${id}`)
    expect(mine.body.data).toHaveLength(1)
    // The state, too.
    const { secret } = await program(world, 'other')
    expect((await callState(world, workspaceId, 'GET', { token: secret })).status).toBe(204)
    // A workspace that it locked is its to unlock; once it is gone, anybody's.
    expect((await api.post(`/workspaces/${workspaceId}/actions/lock`)).status).toBe(200)
    expect((await world.api.post(`/workspaces/${workspaceId}/actions/unlock`)).status).toBe(409)
    expect((await world.api.delete(`/service-accounts/${id}`)).status).toBe(204)
    expect((await world.api.post(`/workspaces/${workspaceId}/actions/unlock`)).status).toBe(200)
  })

  it('cannot prolong their access: they make no accounts and no tokens but for pools', async () => {
    await using world = await startWorld()
    const { api, id, token } = await program(world)
    const other = await program(world, 'other')
    const refused = [
      await api.write('POST', '/access-tokens', 'access-tokens', {}),
      await api.write('POST', `/service-accounts/${id}/access-tokens`, 'access-tokens', {}),
      await api.get(`/service-accounts/${other.id}/access-tokens`),
      await api.write('POST', '/service-accounts', 'service-accounts', { name: 'third' }),
      await api.write('PATCH', `/service-accounts/${id}`, 'service-accounts', {
        status: 'Active',
      }),
      await api.delete(`/service-accounts/${other.id}`),
      await api.write('PATCH', `/accounts/${world.controlPlane.accountId}`, 'accounts', {
        name: 'mine',
      }),
      await api.get(`/access-tokens/${other.token.id}`),
      await api.delete(`/access-tokens/${other.token.id}`),
    ]
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 404))
    expect((await api.get('/access-tokens')).body.data.map((one: Json) => one.id)).toEqual([
      token.id,
    ])
    const pool = await api.create('/agent-pools', 'agent-pools', { name: 'pool' })
    await api.create(`/agent-pools/${pool.id}/access-tokens`, 'access-tokens')
    // It may end its own access.
    expect((await api.delete(`/access-tokens/${token.id}`)).status).toBe(204)
    expect((await api.get('/workspaces')).status).toBe(401)
  })

  it('that are inactive or deleted open nothing, and inactive ones come back', async () => {
    await using world = await startWorld()
    const { id, api, token } = await program(world)
    const path = `/service-accounts/${id}`
    const set = (status: string) =>
      world.api.write('PATCH', path, 'service-accounts', { status, description: null })
    expect((await set('Inactive')).body.data.attributes.status).toBe('Inactive')
    const refused = await api.get('/workspaces')
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toBe('Bearer')
    expect(refused.body.errors[0].detail).toContain('inactive')
    await set('Active')
    expect((await api.get('/workspaces')).status).toBe(200)
    expect((await world.api.delete(path)).status).toBe(204)
    expect((await api.get('/workspaces')).status).toBe(401)
    expect((await world.api.get(`/access-tokens/${token.id}`)).status).toBe(404)
  })
})

describe('access tokens', () => {
  it('show their secret once, and keep what their owner says of them', async () => {
    await using world = await startWorld()
    const { id, token, secret, api } = await program(world)
    const list = `/service-accounts/${id}/access-tokens`
    expect(token.attributes).toMatchObject({
      name: 'ci',
      description: 'of the pipeline',
      'is-expired': false,
      'expires-at': null,
      'last-used-at': null,
    })
    await api.get('/workspaces')
    const [listed] = (await world.api.get(list)).body.data
    expect(listed.attributes.token).toBeNull()
    expect(Date.parse(listed.attributes['last-used-at'])).toBeGreaterThan(0)
    const path = `/access-tokens/${token.id}`
    const changed = await world.api.write('PATCH', path, 'access-tokens', { description: null })
    expect(changed.body.data.attributes).toMatchObject({ name: 'ci', description: null })
    expect(changed.text).not.toContain(secret.split('.')[2])
    expect((await world.api.delete(path)).status).toBe(204)
    expect((await api.get('/workspaces')).status).toBe(401)
    expect((await world.api.get(path)).body.errors[0].title).toBe(
      `AccessToken with ID '${token.id}' not found or user unauthorized.`,
    )
  })

  it('end after `expires-in` minutes, and are listed by it', async () => {
    await using world = await startWorld()
    const { id } = await program(world)
    const { controlPlane } = world
    await using client = new ScalrClient({
      url: controlPlane.url,
      token: controlPlane.ownerToken(),
    })
    const short = await client.accessTokens.createForServiceAccount(id, {
      name: 'short',
      expiresIn: 2,
    })
    const lifeMs = Date.parse(String(short.expiresAt)) - Date.parse(String(short.createdAt))
    expect(lifeMs).toBe(120_000)
    const names = async (query: string) =>
      (await world.api.get(`/service-accounts/${id}/access-tokens?${query}`)).body.data.map(
        (token: Json) => token.attributes.name,
      )
    expect(await names('sort=name')).toEqual(['ci', 'short'])
    expect(await names('filter[is-expired]=false&sort=-name')).toEqual(['short', 'ci'])
    expect(await names('filter[is-expired]=true')).toEqual([])
    expect(await names('query=shor')).toEqual(['short'])
    for (const expiresIn of [0, -1, 1.5, 6_000_000, 'soon']) {
      const answer = await world.api.write(
        'POST',
        `/service-accounts/${id}/access-tokens`,
        'access-tokens',
        { 'expires-in': expiresIn },
      )
      expect(answer.status).toBe(422)
      expect(answer.body.errors[0].source.pointer).toBe('/data/attributes/expires-in')
    }
  })
})

import { describe, expect, it } from 'vitest'

import type { Json } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { startVcsWorld, type VcsWorld } from '../support/vcs-world.ts'
import { archive } from '../support/world.ts'

const files = (text: string) => ({ 'hooks/check.sh': `#!/bin/sh\necho ${text}\n` })
const settings = { name: 'check', interpreter: 'sh', 'scriptfile-path': 'hooks/check.sh' }

async function makeHook(world: VcsWorld, attributes: object = {}): Promise<Json> {
  return await world.api.create(
    '/hooks',
    'hooks',
    { ...settings, 'vcs-repo': { identifier: world.forge.repository }, ...attributes },
    { 'vcs-provider': ['vcs-providers', world.providerId] },
  )
}

const hookOf = async (world: VcsWorld, id: string): Promise<Json> =>
  (await world.api.get(`/hooks/${id}`)).body.data

const link = (world: VcsWorld, hookId: string) =>
  world.api.write(
    'POST',
    '/hook-environment-links',
    'hook-environment-links',
    { events: ['pre-plan'] },
    { hook: ['hooks', hookId], environment: ['environments', world.environmentId] },
  )

describe('a hook with a repository', () => {
  it('takes its files from there, and again when they are pushed', async () => {
    await using world = await startVcsWorld()
    world.forge.commit('main', files('one'))
    const { id } = await makeHook(world)
    await eventually(async () => expect((await hookOf(world, id)).attributes.status).toBe('active'))
    const first = await hookOf(world, id)
    expect(first.relationships['vcs-provider'].data.id).toBe(world.providerId)
    const blob = first.attributes['hook-blob-id']
    world.forge.commit('main', files('two'))
    await world.pushed('main')
    await eventually(async () =>
      expect((await hookOf(world, id)).attributes['hook-blob-id']).not.toBe(blob),
    )
    expect(
      (await world.api.get(`/hooks?filter[vcs-provider]=${world.providerId}`)).body.data,
    ).toHaveLength(1)
  })

  it('is linked right after it was made: the link waits for the files', async () => {
    await using world = await startVcsWorld()
    world.forge.commit('main', files('one'))
    const { id, attributes } = await makeHook(world)
    expect(attributes.status).toBe('pending')
    const made = await link(world, id)
    expect(made.status).toBe(201)
    expect(made.body.data.relationships['vcs-provider'].data.id).toBe(world.providerId)
  })

  it('without its script is errored, says why, cannot be linked, and recovers with another path', async () => {
    await using world = await startVcsWorld()
    world.forge.commit('main', files('one'))
    const { id } = await makeHook(world, { 'scriptfile-path': 'hooks/none.sh' })
    const refused = await link(world, id)
    expect(refused.status).toBe(422)
    expect(refused.body.errors[0].detail).toContain("'hooks/none.sh'")
    expect((await hookOf(world, id)).attributes.status).toBe('errored')
    const path = { 'scriptfile-path': 'hooks/check.sh' }
    expect((await world.api.write('PATCH', `/hooks/${id}`, 'hooks', path)).status).toBe(200)
    await eventually(async () =>
      expect((await hookOf(world, id)).attributes).toMatchObject({
        status: 'active',
        'error-message': null,
      }),
    )
  })

  it('goes on with the files that it has when a push is wrong, and says so', async () => {
    await using world = await startVcsWorld()
    world.forge.commit('main', files('one'))
    const { id } = await makeHook(world)
    expect((await link(world, id)).status).toBe(201)
    const blob = (await hookOf(world, id)).attributes['hook-blob-id']
    world.forge.commit('main', { 'other.sh': 'echo' }, { onto: null })
    await world.pushed('main')
    await eventually(async () =>
      expect((await hookOf(world, id)).attributes['error-message']).toContain('hooks/check.sh'),
    )
    expect((await hookOf(world, id)).attributes).toMatchObject({
      status: 'active',
      'hook-blob-id': blob,
    })
  })

  it('is synced again on request, takes no upload, and keeps its VCS provider in use', async () => {
    await using world = await startVcsWorld()
    const { api } = world
    world.forge.commit('main', files('one'))
    const hook = await makeHook(world)
    expect((await link(world, hook.id)).status).toBe(201)
    const path = `/hooks/${hook.id}/actions/resync`
    world.gateway.isOnline = false
    expect((await api.post(path)).status).toBe(204)
    const again = await api.post(path)
    expect([again.status, again.body.errors[0].detail]).toEqual([409, 'Sync in progress.'])
    const bytes = await archive([{ name: 'hooks/check.sh', content: 'echo' }])
    expect((await api.call('PUT', hook.links.upload, { bytes })).status).toBe(409)
    expect((await api.delete(`/vcs-providers/${world.providerId}`)).status).toBe(409)
    const unbound = await api.call('PATCH', `/hooks/${hook.id}`, {
      json: { data: { type: 'hooks', relationships: { 'vcs-provider': { data: null } } } },
    })
    expect(unbound.body.data.attributes.status).toBe('active')
    expect((await api.call('PUT', hook.links.upload, { bytes })).status).toBe(200)
    const own = await api.post(path)
    expect([own.status, own.body.errors[0].detail]).toEqual([
      409,
      'Hook is not bound to any repository.',
    ])
  })

  it('needs a repository that a VCS provider of the account has', async () => {
    await using world = await startVcsWorld()
    const write = (attributes: object, providerId: string) =>
      world.api.write(
        'POST',
        '/hooks',
        'hooks',
        { ...settings, ...attributes },
        {
          'vcs-provider': ['vcs-providers', providerId],
        },
      )
    const bare = await write({}, world.providerId)
    expect([bare.status, bare.body.errors[0].source.pointer]).toEqual([
      422,
      '/data/attributes/vcs-repo',
    ])
    const none = await write({ 'vcs-repo': { identifier: 'acme/infra' } }, 'vcs-1')
    expect([none.status, none.body.errors[0].detail]).toEqual([
      404,
      "VcsProvider with ID 'vcs-1' not found or user unauthorized.",
    ])
    const odd = await write({ 'vcs-repo': { identifier: '../x' } }, world.providerId)
    expect(odd.body.errors[0].source.pointer).toBe('/data/attributes/vcs-repo/identifier')
  })
})

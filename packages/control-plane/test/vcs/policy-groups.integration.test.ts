import { describe, expect, it } from 'vitest'

import type { Json } from '../support/api-client.ts'
import { eventually } from '../support/eventually.ts'
import { startVcsWorld, type VcsWorld } from '../support/vcs-world.ts'

const manifest = (level: string): string =>
  `version = "v1"\npolicy "one" {\n  enforcement_level = "${level}"\n}\n`
const rego = 'package terraform\ndeny contains "never" if false\n'
const files = (level: string) => ({ 'opa/scalr-policy.hcl': manifest(level), 'opa/one.rego': rego })

async function makeGroup(world: VcsWorld): Promise<Json> {
  return await world.api.create(
    '/policy-groups',
    'policy-groups',
    { name: 'security', 'vcs-repo': { identifier: world.forge.repository, path: 'opa' } },
    { 'vcs-provider': ['vcs-providers', world.providerId] },
  )
}

async function levelOf(world: VcsWorld, id: string): Promise<string> {
  const { included } = (await world.api.get(`/policy-groups/${id}?include=policies`)).body
  return included[0]?.attributes['enforced-level']
}

const groupOf = async (world: VcsWorld, id: string): Promise<Json> =>
  (await world.api.get(`/policy-groups/${id}`)).body.data.attributes

describe('a policy group with a repository', () => {
  it('takes its policies from there, and again when they are pushed', async () => {
    await using world = await startVcsWorld()
    world.forge.commit('main', files('advisory'))
    const { id } = await makeGroup(world)
    await eventually(async () => expect(await levelOf(world, id)).toBe('advisory'))
    expect((await groupOf(world, id)).status).toBe('active')
    world.forge.commit('other', files('soft-mandatory'))
    await world.pushed('other')
    world.forge.commit('main', files('hard-mandatory'))
    await world.pushed('main')
    await eventually(async () => expect(await levelOf(world, id)).toBe('hard-mandatory'))
  })

  it('keeps what is in force when a push is wrong, says why, and recovers', async () => {
    await using world = await startVcsWorld()
    world.forge.commit('main', files('advisory'))
    const { id } = await makeGroup(world)
    await eventually(async () => expect(await levelOf(world, id)).toBe('advisory'))
    world.forge.commit('main', files('extreme'))
    await world.pushed('main')
    await eventually(async () => {
      const group = await groupOf(world, id)
      expect(group.status).toBe('errored')
      expect(group['error-message']).toContain('opa/scalr-policy.hcl:3')
    })
    expect(await levelOf(world, id)).toBe('advisory')
    world.forge.commit('main', files('soft-mandatory'))
    await world.pushed('main')
    await eventually(async () => {
      expect(await groupOf(world, id)).toMatchObject({ status: 'active', 'error-message': null })
    })
    expect(await levelOf(world, id)).toBe('soft-mandatory')
  })

  it('is synced again on request, and takes no upload', async () => {
    await using world = await startVcsWorld()
    world.forge.commit('main', files('advisory'))
    const group = await makeGroup(world)
    await eventually(async () => expect(await levelOf(world, group.id)).toBe('advisory'))
    const path = `/policy-groups/${group.id}/actions/resync`
    world.gateway.isOnline = false
    expect((await world.api.post(path)).status).toBe(204)
    const again = await world.api.post(path)
    expect(again.status).toBe(409)
    expect(again.body.errors[0].detail).toBe('Sync in progress.')
    const upload = await world.api.call('PUT', group.links.upload, { bytes: Buffer.from('x') })
    expect(upload.status).toBe(409)
  })
})

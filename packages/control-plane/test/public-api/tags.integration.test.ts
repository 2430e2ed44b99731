import { ScalrClient } from '@scalr-agent/core'
import { describe, expect, it } from 'vitest'

import type { ApiClient, Json } from '../support/api-client.ts'
import { makeWorkspace, startWorld } from '../support/world.ts'

const makeTag = async (api: ApiClient, name: string): Promise<string> =>
  (await api.create('/tags', 'tags', { name })).id

const idsOf = (list: readonly Json[]): string[] => list.map(({ id }) => String(id)).toSorted()

describe('tags', () => {
  it('have a name that is theirs alone in the account', async () => {
    await using world = await startWorld()
    const { api } = world
    const tag = await api.create('/tags', 'tags', { name: ' production ' })
    expect(tag.attributes).toEqual({ name: 'production' })
    expect(tag.relationships.account.data.id).toBe(world.controlPlane.accountId)
    const other = await makeTag(api, 'other')
    for (const answer of [
      await api.write('POST', '/tags', 'tags', { name: 'production' }),
      await api.write('PATCH', `/tags/${other}`, 'tags', { name: 'production' }),
    ]) {
      expect(answer.status).toBe(422)
      expect(answer.body.errors[0]).toMatchObject({
        title: 'Invalid Attribute',
        detail: "Tag with name 'production' already exists.",
        source: { pointer: '/data/attributes/name' },
      })
    }
    for (const name of ['', '  ', 'x'.repeat(256)]) {
      expect((await api.write('POST', '/tags', 'tags', { name })).status).toBe(422)
    }
    const same = await api.write('PATCH', `/tags/${tag.id}`, 'tags', { name: 'production' })
    expect(same.status).toBe(200)
    const missing = await api.get('/tags/tag-none')
    expect(missing.status).toBe(404)
    expect(missing.body.errors[0].title).toBe(
      "AccountTag with ID 'tag-none' not found or user unauthorized.",
    )
  })

  it('are added to workspaces and environments, replaced and removed beside them', async () => {
    await using world = await startWorld()
    const { api, controlPlane } = world
    await using client = new ScalrClient({
      url: controlPlane.url,
      token: controlPlane.ownerToken(),
    })
    const { workspaceId, environmentId } = await makeWorkspace(api)
    const [a, b, c] = [await makeTag(api, 'a'), await makeTag(api, 'b'), await makeTag(api, 'c')]
    for (const [of, id, path] of [
      [client.workspaces.tags, workspaceId, `/workspaces/${workspaceId}`],
      [client.environments.tags, environmentId, `/environments/${environmentId}`],
    ] as const) {
      const now = async () => (await of.list(id).toArray()).map((tag) => tag.id).toSorted()
      await of.add(id, [a, b])
      await of.add(id, [a])
      expect(await now()).toEqual([a, b].toSorted())
      const { body } = await api.get(`${path}?include=tags`)
      expect(idsOf(body.data.relationships.tags.data)).toEqual([a, b].toSorted())
      expect(idsOf(body.included)).toEqual([a, b].toSorted())
      await of.replace(id, [c])
      expect(await now()).toEqual([c])
      await of.remove(id, [a, c])
      expect(await now()).toEqual([])
      await of.add(id, [a])
    }
    const unknown = await api.post(`/workspaces/${workspaceId}/relationships/tags`, {
      data: [
        { type: 'tags', id: b },
        { type: 'tags', id: 'tag-none' },
      ],
    })
    expect(unknown.status).toBe(422)
    expect(unknown.body.errors).toMatchObject([
      {
        title: 'Validation Error',
        detail: "Tag with ID 'tag-none' not found or user unauthorized.",
      },
    ])
    const malformed = await api.post(`/workspaces/${workspaceId}/relationships/tags`, { data: a })
    expect(malformed.status).toBe(422)
    // Whoever has it loses it.
    expect((await api.delete(`/tags/${a}`)).status).toBe(204)
    const { body } = await api.get(`/workspaces/${workspaceId}`)
    expect(body.data.relationships.tags.data).toEqual([])
  })

  it('are found by, and find what has them', async () => {
    await using world = await startWorld()
    const { api } = world
    const { environmentId } = await makeWorkspace(api)
    const [a, b, c] = [
      await makeTag(api, 'a'),
      await makeTag(api, 'b-second'),
      await makeTag(api, 'c'),
    ]
    const tagged = await api.create(
      '/workspaces',
      'workspaces',
      { name: 'tagged' },
      { environment: ['environments', environmentId], tags: ['tags', [a, b]] },
    )
    const environment = await api.create(
      '/environments',
      'environments',
      { name: 'tagged' },
      { tags: ['tags', [b]] },
    )
    const list = async (path: string) => idsOf((await api.get(path)).body.data)
    expect(await list(`/workspaces?filter[tag]=${a}`)).toEqual([tagged.id])
    expect(await list(`/workspaces?filter[tag]=in:${a},${c}`)).toEqual([tagged.id])
    expect(await list(`/workspaces?filter[tag]=${c}`)).toEqual([])
    expect(await list(`/environments?filter[tag]=${b}`)).toEqual([environment.id])
    expect(await list('/tags?filter[resource-type]=environments')).toEqual([b])
    expect(await list('/tags?filter[resource-type]=workspaces')).toEqual([a, b].toSorted())
    expect(await list(`/tags?filter[tag]=${a},${c}`)).toEqual([a, c].toSorted())
    expect(await list('/tags?query=SECOND')).toEqual([b])
    const names = (await api.get('/tags?sort=-name&page[size]=2')).body
    expect(names.data.map((tag: Json) => tag.attributes.name)).toEqual(['c', 'b-second'])
    expect(names.meta.pagination).toMatchObject({ 'next-page': 2, 'total-count': 3 })
    const emptied = await api.write(
      'PATCH',
      `/workspaces/${tagged.id}`,
      'workspaces',
      {},
      { tags: ['tags', []] },
    )
    expect(emptied.body.data.relationships.tags.data).toEqual([])
    const refused = await api.write(
      'PATCH',
      `/workspaces/${tagged.id}`,
      'workspaces',
      {},
      { tags: ['tags', [a, 'tag-none']] },
    )
    expect(refused.status).toBe(404)
    expect(refused.body.errors[0]).toMatchObject({
      detail: "Relationship 'tags' with ID 'tag-none' not found or user unauthorized.",
      source: { pointer: '/data/relationships/tags' },
    })
    // Refused as a whole.
    expect(await list(`/workspaces?filter[tag]=${a}`)).toEqual([])
  })
})

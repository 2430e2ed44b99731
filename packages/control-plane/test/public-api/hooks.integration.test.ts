import { describe, expect, it } from 'vitest'

import type { ApiAnswer, Json } from '../support/api-client.ts'
import { activeHook, hookAttributes as attributes, link, script } from '../support/hooks.ts'
import { archive, makeWorkspace, startWorld } from '../support/world.ts'

const badArchives: readonly (readonly [string, Buffer, string])[] = [
  ['is no archive', Buffer.from('x'), 'no gzip file'],
  ['lacks the script', await archive([{ name: 'other.sh', content: '' }]), 'scripts/check.sh'],
  [
    'leaves its tree',
    await archive([script, { name: '../evil.sh', content: '' }]),
    "the path holds '..'",
  ],
  [
    'has a folder in place of the script',
    await archive([
      { name: 'a.sh', content: '' },
      { name: 'scripts/check.sh', type: 'directory' },
    ]),
    'scripts/check.sh',
  ],
]

describe('hooks of the registry', () => {
  it('are pending until their files are there', async () => {
    await using world = await startWorld()
    const created = await world.api.create('/hooks', 'hooks', {
      ...attributes,
      description: 'why',
      // As at Scalr: the slash stands for the root of the repository.
      'scriptfile-path': '/scripts/check.sh',
      'vcs-repo': { identifier: 'acme/hooks', branch: 'main' },
    })
    expect(created.attributes).toMatchObject({
      ...attributes,
      description: 'why',
      'vcs-repo': { identifier: 'acme/hooks', branch: 'main' },
      status: 'pending',
      'hook-blob-id': null,
      'error-message': null,
    })
    const uploaded = await world.api.call('PUT', created.links.upload, {
      bytes: await archive([script]),
    })
    expect(uploaded.status).toBe(200)
    const { body } = await world.api.get(`/hooks/${created.id}?include=updated-by`)
    expect(body.data.attributes).toMatchObject({
      status: 'active',
      'hook-blob-id': expect.stringMatching(/^blob-/u),
    })
    expect(body.included[0].type).toBe('users')
  })

  it.each(badArchives)(
    'refuse an upload that %s; an active one keeps what it has',
    async (_name, bytes, why) => {
      await using world = await startWorld()
      const pending = await world.api.create('/hooks', 'hooks', { ...attributes, name: 'pending' })
      const refused = await world.api.call('PUT', pending.links.upload, { bytes })
      expect([refused.status, refused.body.errors[0].title]).toEqual([422, 'Invalid Hook Archive'])
      const after = (await world.api.get(`/hooks/${pending.id}`)).body.data
      expect(after.attributes.status).toBe('errored')
      expect(after.attributes['error-message']).toContain(why)

      const active = await activeHook(world)
      expect((await world.api.call('PUT', active.links.upload, { bytes })).status).toBe(422)
      expect((await world.api.get(`/hooks/${active.id}`)).body.data.attributes).toEqual(
        active.attributes,
      )
    },
  )

  it.each([
    [{ name: '' }, 'name', 'Name cannot be empty.'],
    [{ name: 'x'.repeat(256) }, 'name', 'longer than 255'],
    [{ interpreter: '' }, 'interpreter', 'cannot be empty'],
    [{ interpreter: 'ba\nsh' }, 'interpreter', 'program'],
    [{ interpreter: 'x'.repeat(65) }, 'interpreter', '64'],
    [{ 'scriptfile-path': '../x.sh' }, 'scriptfile-path', 'stay in the repository'],
    [{ 'scriptfile-path': '/' }, 'scriptfile-path', 'name a file'],
    [{ 'scriptfile-path': 'a\0b' }, 'scriptfile-path', 'name a file'],
    [{ description: 'x'.repeat(256) }, 'description', '255'],
    [{ 'vcs-repo': {} }, 'vcs-repo/identifier', ''],
  ])('refuse %j', async (values, pointer, detail) => {
    await using world = await startWorld()
    const answer = await world.api.write('POST', '/hooks', 'hooks', { ...attributes, ...values })
    expect(answer.status).toBe(422)
    expect(answer.body.errors[0].source.pointer).toBe(`/data/attributes/${pointer}`)
    expect(answer.body.errors[0].detail).toContain(detail)
  })

  it('have names of their own, and are found by them', async () => {
    await using world = await startWorld()
    const first = await activeHook(world)
    const twin = await world.api.write('POST', '/hooks', 'hooks', attributes)
    expect([twin.status, twin.body.errors[0].detail]).toEqual([
      422,
      "Hook with name 'check' already exists.",
    ])
    await world.api.create('/hooks', 'hooks', { ...attributes, name: 'other' })
    const found = async (query: string): Promise<readonly string[]> =>
      (await world.api.get(`/hooks?${query}`)).body.data.map((item: Json) => item.attributes.name)
    expect(await found('sort=-name')).toEqual(['other', 'check'])
    expect(await found('filter[status]=active')).toEqual(['check'])
    expect(await found(`filter[hook]=${first.id}`)).toEqual(['check'])
    expect(await found('filter[name]=other')).toEqual(['other'])
    expect(await found('filter[vcs-provider]=vcs-1')).toEqual([])
    expect(await found('query=oth')).toEqual(['other'])
    expect((await world.api.get('/hooks/hook-x')).body.errors[0].title).toBe(
      "Hook with ID 'hook-x' not found or user unauthorized.",
    )
  })

  it('take another script only if their files have it', async () => {
    await using world = await startWorld()
    const hook = await activeHook(world, {}, [script, { name: 'two.py', content: '' }])
    const change = (values: Record<string, unknown>): Promise<ApiAnswer> =>
      world.api.write('PATCH', `/hooks/${hook.id}`, 'hooks', values)
    const missing = await change({ 'scriptfile-path': 'three.py' })
    expect([missing.status, missing.body.errors[0].source.pointer]).toEqual([
      422,
      '/data/attributes/scriptfile-path',
    ])
    const changed = await change({ 'scriptfile-path': 'two.py', interpreter: 'python3' })
    expect(changed.body.data.attributes).toMatchObject({
      'scriptfile-path': 'two.py',
      interpreter: 'python3',
      status: 'active',
    })
  })
})

describe('links of hooks to environments', () => {
  it('need a hook that has its files, and events', async () => {
    await using world = await startWorld()
    const { environmentId } = await makeWorkspace(world.api)
    const pending = await world.api.create('/hooks', 'hooks', { ...attributes, name: 'pending' })
    const early = await link(world, pending.id, environmentId, ['pre-init'])
    expect([early.status, early.body.errors[0].detail]).toEqual([
      422,
      "Hook 'pending' is pending: upload its files first.",
    ])
    const hook = await activeHook(world)
    for (const events of [[], ['pre-everything']]) {
      const answer = await link(world, hook.id, environmentId, events)
      expect([answer.status, answer.body.errors[0].source.pointer]).toEqual([
        422,
        expect.stringMatching(/^\/data\/attributes\/events/u),
      ])
    }
    expect((await link(world, 'hook-x', environmentId, ['pre-init'])).status).toBe(404)
    expect((await link(world, hook.id, 'env-x', ['pre-init'])).status).toBe(404)
    expect((await link(world, hook.id, environmentId, ['pre-init'])).status).toBe(201)
    const twice = await link(world, hook.id, environmentId, ['post-plan'])
    expect([twice.status, twice.body.errors[0].detail]).toEqual([
      422,
      "Hook 'check' is already linked to this environment.",
    ])
    const { body } = await world.api.get(`/hooks/${hook.id}`)
    expect(body.data.relationships.environments.data).toEqual([
      { type: 'environments', id: environmentId },
    ])
  })

  it('are listed, changed and removed; a hook takes its links along', async () => {
    await using world = await startWorld()
    const { environmentId } = await makeWorkspace(world.api)
    const [one, two] = [
      await activeHook(world, { name: 'one' }),
      await activeHook(world, { name: 'two' }),
    ]
    const first = (await link(world, one.id, environmentId, ['pre-init', 'pre-init'])).body.data
    expect(first.attributes.events).toEqual(['pre-init'])
    await link(world, two.id, environmentId, ['post-apply'])
    const list = async (query = ''): Promise<readonly string[]> =>
      (
        await world.api.get(
          `/hook-environment-links?filter[environment]=${environmentId}${query}&include=hook`,
        )
      ).body.data.map((item: Json) => item.relationships.hook.data.id)
    expect(await list()).toEqual([one.id, two.id])
    expect(await list('&sort=-name')).toEqual([two.id, one.id])
    expect(await list('&filter[events]=post-apply,post-plan')).toEqual([two.id])
    expect(await list('&query=one')).toEqual([one.id])
    const path = `/hook-environment-links/${first.id}`
    const changed = await world.api.write('PATCH', path, 'hook-environment-links', {
      events: ['post-plan'],
    })
    expect(changed.body.data.attributes.events).toEqual(['post-plan'])
    expect((await world.api.delete(`/hooks/${two.id}`)).status).toBe(204)
    expect(await list()).toEqual([one.id])
    expect((await world.api.delete(path)).status).toBe(204)
    expect((await world.api.get(path)).body.errors[0].title).toBe(
      `HookEnvironmentLink with ID '${first.id}' not found or user unauthorized.`,
    )
  })
})

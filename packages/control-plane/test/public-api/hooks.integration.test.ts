import { describe, expect, it } from 'vitest'

import type { ApiAnswer, Json } from '../support/api-client.ts'
import { digestOf } from '../support/digest.ts'
import { RunningAgent } from '../support/running-agent.ts'
import {
  archive,
  makeWorkspace,
  startWorld,
  uploadConfiguration,
  type TarEntry,
  type World,
} from '../support/world.ts'

const attributes = { name: 'check', interpreter: 'bash', 'scriptfile-path': 'scripts/check.sh' }
const script: TarEntry = { name: 'scripts/check.sh', content: 'echo checked\n' }

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

/** A hook with its files. */
async function activeHook(
  { api }: World,
  values: Record<string, unknown> = {},
  entries: readonly TarEntry[] = [script],
): Promise<Json> {
  const hook = await api.create('/hooks', 'hooks', { ...attributes, ...values })
  const bytes = await archive(entries)
  const answer = await api.call('PUT', hook.links.upload, { bytes })
  if (answer.status !== 200) throw new Error(answer.text)
  return { ...(await api.get(`/hooks/${hook.id}`)).body.data, bytes }
}

function link(
  { api }: World,
  hookId: string,
  environmentId: string,
  events: readonly string[],
): Promise<ApiAnswer> {
  return api.write(
    'POST',
    '/hook-environment-links',
    'hook-environment-links',
    { events },
    { hook: ['hooks', hookId], environment: ['environments', environmentId] },
  )
}

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

  it('refuse a VCS to fetch from, which would not be done', async () => {
    await using world = await startWorld()
    const provider = await world.api.write('POST', '/hooks', 'hooks', attributes, {
      'vcs-provider': ['vcs-providers', 'vcs-1'],
    })
    expect([provider.status, provider.body.errors[0].detail]).toEqual([
      404,
      "VcsProvider with ID 'vcs-1' not found or user unauthorized.",
    ])
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

describe('a job', () => {
  it('is told of the hooks of its phase in the order of their links, with their files', async () => {
    await using world = await startWorld()
    const { poolId, environmentId, workspaceId } = await makeWorkspace(world.api)
    const second = await activeHook(world, { name: 'second' })
    const first = await activeHook(world, { name: 'first', interpreter: 'python3' })
    const late = await activeHook(world, { name: 'late' })
    await link(world, first.id, environmentId, ['post-plan', 'pre-init'])
    await link(world, second.id, environmentId, ['pre-init', 'pre-apply'])
    await link(world, late.id, environmentId, ['post-apply'])
    await uploadConfiguration(world.api, workspaceId)
    await world.api.create(
      '/runs',
      'runs',
      { 'auto-apply': true },
      { workspace: ['workspaces', workspaceId] },
    )
    const agent = await RunningAgent.register(world, poolId)
    const plan = await agent.take()
    expect(plan.registryHooks.map(({ name, stage }) => [name, stage])).toEqual([
      ['first', 'pre-init'],
      ['second', 'pre-init'],
      ['first', 'post-plan'],
    ])
    expect(plan.registryHooks[0]).toEqual({
      id: first.id,
      name: 'first',
      stage: 'pre-init',
      interpreter: 'python3',
      scriptPath: 'scripts/check.sh',
      file: `${first.id}.tar.gz`,
    })
    expect(plan.files.map(({ name }) => name)).toEqual([
      'configuration.tar.gz',
      `${first.id}.tar.gz`,
      `${second.id}.tar.gz`,
    ])
    const { bytes, headers } = await agent.download(plan, `${first.id}.tar.gz`)
    expect(bytes).toEqual(first.bytes)
    expect(headers.get('repr-digest')).toBe(digestOf(first.bytes))
    await expect(agent.download(plan, `${late.id}.tar.gz`)).rejects.toThrow('404')
    await agent.finishPlan(plan)
    const apply = await agent.take()
    expect(apply.registryHooks.map(({ name, stage }) => [name, stage])).toEqual([
      ['first', 'pre-init'],
      ['second', 'pre-init'],
      ['second', 'pre-apply'],
      ['late', 'post-apply'],
    ])
  })

  it('keeps the files that it was told of, whatever becomes of the hook', async () => {
    await using world = await startWorld()
    const { poolId, environmentId, workspaceId } = await makeWorkspace(world.api)
    const replaced = await activeHook(world, { name: 'replaced' })
    const deleted = await activeHook(world, { name: 'deleted' })
    await link(world, replaced.id, environmentId, ['pre-init'])
    await link(world, deleted.id, environmentId, ['pre-init'])
    await uploadConfiguration(world.api, workspaceId)
    await world.api.create(
      '/runs',
      'runs',
      { 'auto-apply': true },
      { workspace: ['workspaces', workspaceId] },
    )
    const agent = await RunningAgent.register(world, poolId)
    const plan = await agent.take()
    const other = await archive([{ name: 'scripts/check.sh', content: 'echo other\n' }])
    await world.api.call('PUT', replaced.links.upload, { bytes: other })
    await world.api.delete(`/hooks/${deleted.id}`)
    const again = await agent.start(plan)
    expect(again.registryHooks).toEqual(plan.registryHooks)
    expect(again.files).toEqual(plan.files)
    for (const hook of [replaced, deleted]) {
      expect((await agent.download(again, `${hook.id}.tar.gz`)).bytes).toEqual(hook.bytes)
    }
    await agent.finishPlan(plan)
    // The next job is told anew.
    const apply = await agent.take()
    expect(apply.registryHooks.map(({ name }) => name)).toEqual(['replaced'])
    expect((await agent.download(apply, `${replaced.id}.tar.gz`)).bytes).toEqual(other)
  })
})

import { describe, expect, it } from 'vitest'

import { makeWorkspace, startWorld, type World } from '../support/world.ts'

const canary = 'canary-token-4711'

async function pools({ api }: World) {
  const vcs = await api.create('/agent-pools', 'agent-pools', { name: 'vcs', 'vcs-enabled': true })
  const run = await api.create('/agent-pools', 'agent-pools', { name: 'run' })
  return { vcs: String(vcs.id), run: String(run.id) }
}

const attributes = {
  name: 'ghe',
  'vcs-type': 'github_enterprise',
  'auth-type': 'personal_token',
  url: 'https://ghe.example.com',
}

const write = (
  { api }: World,
  values: Record<string, unknown>,
  poolId: string | null,
  method: 'POST' | 'PATCH' = 'POST',
  path = '/vcs-providers',
) =>
  api.write(
    method,
    path,
    'vcs-providers',
    values,
    poolId === null ? {} : { 'agent-pool': ['agent-pools', poolId] },
  )

describe('VCS providers', () => {
  it('I12: are made, changed and deleted, and keep neither token nor secret that anybody could read', async () => {
    await using world = await startWorld()
    const { vcs } = await pools(world)
    const secret = 'canary-secret-4711'
    const made = await write(
      world,
      { ...attributes, token: canary, 'agent-webhook-secret': secret },
      vcs,
    )
    expect(made.status).toBe(201)
    expect(made.body.data.attributes).toMatchObject({
      name: 'ghe',
      'vcs-type': 'github_enterprise',
      token: null,
      'is-shared': true,
      'error-message': null,
      'agent-webhook-secret-set': true,
    })
    const path = `/vcs-providers/${made.body.data.id}`
    const changed = await write(world, { name: 'ours' }, null, 'PATCH', path)
    expect(changed.body.data.attributes.name).toBe('ours')
    for (const answer of [made, changed, await world.api.get(path)]) {
      expect(answer.text).not.toContain(canary)
      expect(answer.text).not.toContain(secret)
    }
    const found = await world.api.get(
      '/vcs-providers?filter[vcs-type]=github_enterprise&include=agent-pool',
    )
    expect(found.body.data).toHaveLength(1)
    expect(found.body.included[0].id).toBe(vcs)
    expect((await world.api.delete(path)).status).toBe(204)
    expect((await world.api.get(path)).body.errors[0].title).toBe(
      `VcsProvider with ID '${made.body.data.id}' not found or user unauthorized.`,
    )
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['a name with a slash', { name: 'a/b' }, '/data/attributes/name'],
    ['a type that agents do not relay', { 'vcs-type': 'bitbucket' }, '/data/attributes/vcs-type'],
    ['OAuth', { 'auth-type': 'oauth2' }, '/data/attributes/auth-type'],
    ['no URL', { url: undefined }, '/data/attributes/url'],
    ['a URL with a password', { url: 'https://a:b@ghe.example.com' }, '/data/attributes/url'],
    ['a URL of another scheme', { url: 'file:///etc/passwd' }, '/data/attributes/url'],
    ['comments', { 'comments-enabled': true }, '/data/attributes/comments-enabled'],
  ])('refuse %s', async (_what, values, pointer) => {
    await using world = await startWorld()
    const { vcs } = await pools(world)
    const answer = await write(world, { ...attributes, ...values }, vcs)
    expect(answer.status).toBe(422)
    expect(answer.body.errors[0].source.pointer).toBe(pointer)
  })

  it('take VCS-enabled pools alone, and such pools take no workspaces', async () => {
    await using world = await startWorld()
    const { vcs, run } = await pools(world)
    const refused = await write(world, attributes, run)
    expect(refused.status).toBe(422)
    expect(refused.body.errors[0]).toMatchObject({
      title: 'Invalid Relationship',
      detail:
        "Agent pool 'run' is not VCS-enabled. Make one with vcs-enabled, and start VCS agents in it.",
      source: { pointer: '/data/relationships/agent-pool' },
    })
    expect((await write(world, attributes, null)).status).toBe(422)
    expect((await write(world, attributes, 'apool-none')).status).toBe(404)
    await write(world, attributes, vcs)
    const poolPath = `/agent-pools/${vcs}`
    const disabled = await world.api.write('PATCH', poolPath, 'agent-pools', {
      'vcs-enabled': false,
    })
    expect(disabled.body.errors[0].source.pointer).toBe('/data/attributes/vcs-enabled')
    expect((await world.api.delete(poolPath)).status).toBe(409)
    const { workspaceId } = await makeWorkspace(world.api)
    const linked = await world.api.write(
      'PATCH',
      `/workspaces/${workspaceId}`,
      'workspaces',
      {},
      { 'agent-pool': ['agent-pools', vcs] },
    )
    expect(linked.status).toBe(422)
    expect(linked.body.errors[0].detail).toContain('its agents relay and run nothing')
  })

  it('are not deleted while workspaces use them, nor used where they are not linked', async () => {
    await using world = await startWorld()
    const { vcs } = await pools(world)
    const { environmentId, workspaceId } = await makeWorkspace(world.api)
    const provider = (await write(world, { ...attributes, 'is-shared': false }, vcs)).body.data
    const bind = () =>
      world.api.write(
        'PATCH',
        `/workspaces/${workspaceId}`,
        'workspaces',
        { 'vcs-repo': { identifier: 'acme/infra' } },
        { 'vcs-provider': ['vcs-providers', provider.id] },
      )
    const refused = await bind()
    expect(refused.status).toBe(422)
    expect(refused.body.errors[0].detail).toContain('neither shared nor linked')
    const path = `/vcs-providers/${provider.id}`
    await world.api.write(
      'PATCH',
      path,
      'vcs-providers',
      {},
      {
        environments: ['environments', [environmentId]],
      },
    )
    expect((await bind()).status).toBe(200)
    const inUse = await world.api.delete(path)
    expect(inUse.status).toBe(409)
    expect(inUse.body.errors[0].detail).toBe(
      "Can't be deleted. The VCS provider is in use by workspaces.",
    )
    const unbound = await world.api.write('PATCH', `/workspaces/${workspaceId}`, 'workspaces', {
      'vcs-repo': null,
    })
    expect(unbound.body.data.attributes['vcs-repo']).toBeNull()
    expect(unbound.body.data.relationships['vcs-provider'].data).toBeNull()
    expect((await world.api.delete(path)).status).toBe(204)
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['no repository name', { identifier: 'infra' }, 'identifier'],
    ['a name that climbs', { identifier: 'acme/../secret' }, 'identifier'],
    ['a name with a query', { identifier: 'acme/infra?x' }, 'identifier'],
    ['a path that leaves the repository', { path: 'a/../../b' }, 'path'],
    ['a branch that is none', { branch: 'a..b' }, 'branch'],
    ['submodules', { 'ingress-submodules': true }, 'ingress-submodules'],
    ['runs from tags', { 'version-constraint': '~> 1' }, 'version-constraint'],
    [
      'patterns beside prefixes',
      { 'trigger-patterns': '*.tf', 'trigger-prefixes': ['a'] },
      'trigger-patterns',
    ],
  ])('refuse a workspace with %s', async (_what, repo, attribute) => {
    await using world = await startWorld()
    const { vcs } = await pools(world)
    const provider = (await write(world, attributes, vcs)).body.data
    const { workspaceId } = await makeWorkspace(world.api)
    const answer = await world.api.write(
      'PATCH',
      `/workspaces/${workspaceId}`,
      'workspaces',
      { 'vcs-repo': { identifier: 'acme/infra', ...repo } },
      { 'vcs-provider': ['vcs-providers', provider.id] },
    )
    expect(answer.status).toBe(422)
    expect(answer.body.errors[0].source.pointer).toBe(`/data/attributes/vcs-repo/${attribute}`)
  })
})

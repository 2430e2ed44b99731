import { describe, expect, it } from 'vitest'

import type { ApiAnswer } from '../support/api-client.ts'
import { makeWorkspace, startWorld, type World } from '../support/world.ts'

describe('variables', () => {
  it('I12: never show a sensitive value again', async () => {
    await using world = await startWorld()
    const { workspaceId } = await makeWorkspace(world.api)
    const created = await world.api.write(
      'POST',
      '/vars',
      'vars',
      { key: 'password', value: 'canary-of-a-variable', category: 'terraform', sensitive: true },
      { workspace: ['workspaces', workspaceId] },
    )
    const path = `/vars/${created.body.data.id}`
    const answers = [
      created,
      await world.api.get(path),
      await world.api.get(`/vars?filter[workspace]=${workspaceId}&include=workspace`),
      await world.api.get('/vars?query=canary-of-a-variable'),
      await world.api.write('PATCH', path, 'vars', { description: 'x' }),
      await world.api.write('PATCH', path, 'vars', { sensitive: false }),
      await world.api.get(path),
    ]
    for (const answer of answers) expect(answer.text).not.toContain('canary')
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 200, 200, 422, 200])
    const revealed = await world.api.write('PATCH', path, 'vars', {
      sensitive: false,
      value: 'new',
    })
    expect(revealed.body.data.attributes.value).toBe('new')
  })

  it('belong to account, environment or workspace, and are found as Scalr finds them', async () => {
    await using world = await startWorld()
    const { environmentId, workspaceId } = await makeWorkspace(world.api)
    const make = (relations: Record<string, readonly [string, string]>) =>
      world.api.create('/vars', 'vars', { key: 'k', value: 'v', category: 'shell' }, relations)
    const account = await make({ account: ['accounts', world.controlPlane.accountId] })
    const environment = await make({ environment: ['environments', environmentId] })
    const workspace = await make({
      environment: ['environments', environmentId],
      workspace: ['workspaces', workspaceId],
    })
    const found = async (query: string): Promise<Set<string>> =>
      new Set(
        (await world.api.get(`/vars?${query}`)).body.data.map((item: { id: string }) => item.id),
      )
    expect(await found(`filter[workspace]=${workspaceId}`)).toEqual(new Set([workspace.id]))
    expect(await found(`filter[environment]=${environmentId}`)).toEqual(
      new Set([environment.id, workspace.id]),
    )
    expect(await found(`filter[workspace]=in:null,${workspaceId}`)).toHaveProperty('size', 3)
    expect(await found('filter[environment]=null')).toEqual(new Set([account.id]))
  })

  it('have one value for a key and category in a scope', async () => {
    await using world = await startWorld()
    const { workspaceId } = await makeWorkspace(world.api)
    const make = (category: string, key = 'key') =>
      world.api.write(
        'POST',
        '/vars',
        'vars',
        { key, value: '', category },
        {
          workspace: ['workspaces', workspaceId],
        },
      )
    expect((await make('terraform')).status).toBe(201)
    expect((await make('shell')).status).toBe(201)
    const duplicate = await make('terraform')
    expect(duplicate.status).toBe(422)
    expect(duplicate.body.errors[0].source.pointer).toBe('/data/attributes/key')
    // Both end up as environment variables.
    expect((await make('env')).status).toBe(422)
    const other = await make('terraform', 'other')
    const renamed = await world.api.write('PATCH', `/vars/${other.body.data.id}`, 'vars', {
      key: 'key',
    })
    expect(renamed.status).toBe(422)
  })

  it.each([
    [{ key: '', category: 'shell' }, 'key'],
    [{ key: 'a=b', category: 'shell' }, 'key'],
    [{ key: '1a', category: 'terraform' }, 'key'],
    [{ key: 'a', category: 'other' }, 'category'],
    [{ key: 'a', category: 'shell', value: 'x'.repeat(65_536) }, 'value'],
    [{ key: 'a', category: 'shell', value: 'x\0y' }, 'value'],
  ])('refuse %j', async (attributes, pointer) => {
    await using world = await startWorld()
    const answer = await world.api.write('POST', '/vars', 'vars', attributes)
    expect(answer.status).toBe(422)
    expect(answer.body.errors[0].source.pointer).toBe(`/data/attributes/${pointer}`)
  })
})

describe('a final variable', () => {
  type Relations = Record<string, readonly [string, string]>

  /** Writes the variable `region` in a scope. */
  function write(
    { api }: World,
    relations: Relations,
    attributes: Record<string, unknown> = {},
    query = '',
  ): Promise<ApiAnswer> {
    const all = { key: 'region', value: 'x', category: 'shell', ...attributes }
    return api.write('POST', `/vars${query}`, 'vars', all, relations)
  }

  async function scopes(world: World) {
    const made = await makeWorkspace(world.api)
    const other = await world.api.create('/environments', 'environments', { name: 'other' })
    return {
      account: {},
      environment: { environment: ['environments', made.environmentId] },
      workspace: { workspace: ['workspaces', made.workspaceId] },
      otherEnvironment: { environment: ['environments', other.id] },
    } satisfies Record<string, Relations>
  }

  it.each(['account', 'environment'] as const)(
    'of the %s is not overridden by a workspace',
    async (wide) => {
      await using world = await startWorld()
      const scope = await scopes(world)
      await write(world, scope[wide], { final: true })
      const refused = await write(world, scope.workspace, { category: 'env' })
      expect(refused.status).toBe(422)
      expect(refused.body.errors).toMatchObject([
        {
          detail: `Variable with key 'region' is final in the ${wide} and cannot be overridden.`,
          source: { pointer: '/data/attributes/key' },
        },
      ])
      const other = await write(world, scope.workspace, { key: 'other' })
      expect(other.status).toBe(201)
      const path = `/vars/${other.body.data.id}`
      expect((await world.api.write('PATCH', path, 'vars', { key: 'region' })).status).toBe(422)
      expect((await world.api.write('PATCH', path, 'vars', { value: 'y' })).status).toBe(200)
      // Another kind of variable, or another environment, is none of its business.
      expect((await write(world, scope.workspace, { category: 'terraform' })).status).toBe(201)
    },
  )

  it('of an environment is nothing to another, and that of the account to all', async () => {
    await using world = await startWorld()
    const scope = await scopes(world)
    await write(world, scope.environment, { final: true })
    const other = await write(world, scope.otherEnvironment)
    expect(other.status).toBe(201)
    await world.api.delete(`/vars/${other.body.data.id}`)
    expect((await write(world, scope.account, { final: true }, '?force=true')).status).toBe(201)
    expect((await write(world, scope.otherEnvironment)).status).toBe(422)
  })

  it('is made only by force where narrower scopes have the key', async () => {
    await using world = await startWorld()
    const scope = await scopes(world)
    expect((await write(world, scope.workspace)).status).toBe(201)
    const refused = await write(world, scope.environment, { final: true })
    expect(refused.status).toBe(422)
    expect(refused.body.errors[0].source.pointer).toBe('/data/attributes/final')
    const open = await write(world, scope.environment)
    const path = `/vars/${open.body.data.id}`
    const makeFinal = (query: string) =>
      world.api.write('PATCH', `${path}${query}`, 'vars', { final: true })
    expect((await makeFinal('')).status).toBe(422)
    expect((await makeFinal('?force=false')).status).toBe(422)
    expect((await makeFinal('?force=true')).body.data.attributes.final).toBe(true)
    // What is final stays so, whatever else is changed.
    expect((await world.api.write('PATCH', path, 'vars', { value: 'y' })).status).toBe(200)
    expect((await write(world, scope.otherEnvironment, { final: true })).status).toBe(201)
  })

  it('of a workspace has nothing below it', async () => {
    await using world = await startWorld()
    const scope = await scopes(world)
    expect((await write(world, scope.environment)).status).toBe(201)
    expect((await write(world, scope.workspace, { final: true })).status).toBe(201)
  })
})

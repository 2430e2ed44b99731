import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'

import type { ApiAnswer, Json } from '../support/api-client.ts'
import { recordRoutes, type ServedRoute } from '../support/served-routes.ts'
import { makeWorkspace, startWorld, type World } from '../support/world.ts'

type Named = readonly [path: string, type: string, attributes: Record<string, unknown>]

const names: readonly Named[] = [
  ['/agent-pools', 'agent-pools', {}],
  ['/environments', 'environments', {}],
  ['/tags', 'tags', {}],
  ['/hooks', 'hooks', { interpreter: 'sh', 'scriptfile-path': 'a.sh' }],
  ['/policy-groups', 'policy-groups', {}],
  ['/service-accounts', 'service-accounts', {}],
  ['/workspaces', 'workspaces', {}],
  [
    '/vcs-providers',
    'vcs-providers',
    { 'vcs-type': 'gitea', 'auth-type': 'personal_token', url: 'https://vcs.test' },
  ],
]
/** In Scalr's words. */
const words: Readonly<Record<string, string>> = {
  'agent-pools': 'Agent pool',
  environments: 'Environment',
  tags: 'Tag',
  hooks: 'Hook',
  'policy-groups': 'Policy group',
  'service-accounts': 'Service account',
  workspaces: 'Workspace',
  'vcs-providers': 'VCS provider',
}

let world: World
let routes: readonly ServedRoute[]
let made: Awaited<ReturnType<typeof makeWorkspace>>
/** Type → relations that its creation needs. */
let needed: Readonly<Record<string, Record<string, readonly [string, string]>>>
/** Type → id of the first of two, named `taken` and `free`. */
const ids = new Map<string, { readonly taken: string; readonly free: string }>()

beforeAll(async () => {
  const started = await recordRoutes(() => startWorld())
  world = started.result
  routes = started.routes
  made = await makeWorkspace(world.api)
  const vcsPool = await world.api.create('/agent-pools', 'agent-pools', {
    name: 'vcs',
    'vcs-enabled': true,
  })
  needed = {
    workspaces: { environment: ['environments', made.environmentId] },
    'vcs-providers': { 'agent-pool': ['agent-pools', vcsPool.id] },
  }
  for (const [path, type, attributes] of names) {
    const make = async (name: string): Promise<string> =>
      (await world.api.create(path, type, { ...attributes, name }, needed[type])).id
    ids.set(type, { taken: await make('taken'), free: await make('free') })
  }
})
afterAll(() => world[Symbol.asyncDispose]())

const pointersOf = ({ body }: ApiAnswer): readonly string[] =>
  body.errors.map((error: Json) => error.source?.pointer)

describe('a name that is taken', () => {
  it.each(names)('%s: 422 in the words of Scalr', async (path, type, attributes) => {
    const expected = [
      {
        title: 'Invalid Attribute',
        detail: `${words[type]} with name 'taken' already exists.`,
        source: { pointer: '/data/attributes/name' },
      },
    ]
    const again = { ...attributes, name: 'taken' }
    const created = await world.api.write('POST', path, type, again, needed[type])
    expect(created.status).toBe(422)
    expect(created.body.errors).toMatchObject(expected)
    // The name of a service account never changes.
    if (type === 'service-accounts') return
    const free = `${path}/${ids.get(type)?.free}`
    const renamed = await world.api.write('PATCH', free, type, { name: 'taken' })
    expect(renamed.status).toBe(422)
    expect(renamed.body.errors).toMatchObject(expected)
    expect((await world.api.get(free)).body.data.attributes.name).toBe('free')
  })

  it('vars: of the same scope and category', async () => {
    const make = (): Promise<ApiAnswer> =>
      world.api.write(
        'POST',
        '/vars',
        'vars',
        { key: 'k', value: 'v', category: 'shell' },
        { workspace: ['workspaces', made.workspaceId] },
      )
    expect((await make()).status).toBe(201)
    const again = await make()
    expect(again.status).toBe(422)
    expect(pointersOf(again)).toEqual(['/data/attributes/key'])
  })
})

/** Writes of whole resources, with the description that stands beside their handlers. */
function writes(method: 'POST' | 'PATCH') {
  return routes.flatMap((route) => {
    const { body } = route.operation ?? {}
    if (route.method !== method || body?.kind !== 'resource') return []
    const { type } = body.resource
    const id = idOf(type)
    if (route.url.includes(':id') && id === undefined) return []
    const path = route.url.replace('/api/iacp/v3', '').replace(':id', id ?? '')
    return [{ path, type, body }]
  })
}

function idOf(type: string): string | undefined {
  if (type === 'accounts') return world.controlPlane.accountId
  return ids.get(type)?.taken
}

interface Shape {
  readonly type?: string
  readonly anyOf?: readonly Shape[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
}

/** The JSON types that a schema takes; none for one that does not say. */
function typesOf(shape: Shape): readonly string[] {
  if (shape.anyOf !== undefined) return shape.anyOf.flatMap(typesOf)
  if (shape.type !== undefined) return [shape.type]
  return 'const' in shape ? [typeof shape.const] : []
}

describe('a wrong value', () => {
  it.each(['POST', 'PATCH'] as const)(
    'of an attribute is a 422 that points to it: %s',
    async (method) => {
      let count = 0
      for (const { path, type, body } of writes(method)) {
        const schema = z.toJSONSchema(body.attributes, { io: 'input', unrepresentable: 'any' })
        for (const [name, shape] of Object.entries(schema.properties ?? {})) {
          // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a JSON schema
          const types = typesOf(shape as Shape)
          if (types.length === 0) continue
          const odd: unknown[] = types.includes('object') ? [5] : [{ odd: true }, [{}]]
          if (types.some((one) => one === 'number' || one === 'integer')) {
            odd.push(1e308, 2 ** 53, -1, 1.5, '5')
          }
          for (const value of odd) {
            const answer = await world.api.write(method, path, type, { [name]: value })
            const what = `${method} ${path}: ${name} = ${JSON.stringify(value)}`
            expect(answer.status, what).toBe(422)
            const pointer = `/data/attributes/${name}`
            const isNamed = pointersOf(answer).some((one) => `${one}/`.startsWith(`${pointer}/`))
            expect(isNamed, `${what}: ${answer.text}`).toBe(true)
            count += 1
          }
        }
      }
      expect(count).toBeGreaterThan(40)
    },
  )

  it('of a relation is a 422 that points to it', async () => {
    let count = 0
    for (const { path, type, body } of writes('PATCH')) {
      for (const relation of body.relations.map((name) => name.replace('!', ''))) {
        for (const data of [5, 'x', { type: 'nonsense' }, [{ type: 'nonsense', id: 'x-1' }, 5]]) {
          const json = { data: { type, relationships: { [relation]: { data } } } }
          const answer = await world.api.call('PATCH', path, { json })
          const what = `${path}: ${relation} = ${JSON.stringify(data)}: ${answer.text}`
          expect(answer.status, what).toBe(422)
          expect(pointersOf(answer), what).toEqual([`/data/relationships/${relation}`])
          count += 1
        }
      }
    }
    expect(count).toBeGreaterThan(20)
  })

  it('is a relation of another type, even with a good id', async () => {
    const { environmentId, poolId } = made
    const patch = (relationships: object): Promise<ApiAnswer> =>
      world.api.call('PATCH', `/workspaces/${made.workspaceId}`, {
        json: { data: { type: 'workspaces', relationships } },
      })
    const wrong = await patch({ 'agent-pool': { data: { type: 'workspaces', id: poolId } } })
    expect([wrong.status, wrong.body.errors[0].detail]).toEqual([
      422,
      "Expected a resource of type 'agent-pools'.",
    ])
    const tags = await patch({ tags: { data: [{ type: 'environments', id: environmentId }] } })
    expect(pointersOf(tags)).toEqual(['/data/relationships/tags'])
    // Some clients leave it out.
    expect((await patch({ 'agent-pool': { data: { id: poolId } } })).status).toBe(200)
  })

  it('is a document of another type', async () => {
    for (const { path, body } of writes('PATCH')) {
      const answer = await world.api.write('PATCH', path, 'nonsense', {})
      expect([answer.status, pointersOf(answer)]).toEqual([422, ['/data/type']])
      expect(body.resource.type).not.toBe('nonsense')
    }
  })
})

describe('a pool that is in use', () => {
  it('is not deleted: 409, and it stays', async () => {
    const path = `/agent-pools/${made.poolId}`
    const answer = await world.api.delete(path)
    expect(answer.status).toBe(409)
    expect(answer.body.errors[0].detail).toContain("Can't be deleted.")
    expect((await world.api.get(path)).status).toBe(200)
  })
})

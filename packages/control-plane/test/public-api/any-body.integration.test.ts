import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'

import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'

import { callersOf } from '../../src/access/index.ts'
import { makeAllTokens, type AllTokens } from '../support/all-tokens.ts'
import { recordRoutes, type ServedRoute } from '../support/served-routes.ts'
import { startWorld, type World } from '../support/world.ts'

const failures: unknown[] = []
let world: World
let routes: readonly ServedRoute[]
let tokens: AllTokens

const logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: (fields: unknown) => failures.push(fields),
  child: () => logger,
}

beforeAll(async () => {
  const started = await recordRoutes(() => startWorld({ logger }))
  world = started.result
  tokens = await makeAllTokens(world)
  routes = started.routes.filter(
    ({ method, url }) =>
      ['POST', 'PATCH'].includes(method) ||
      (method === 'DELETE' && url.endsWith('/relationships/tags')),
  )
})
afterAll(() => world[Symbol.asyncDispose]())

function pathOf({ url }: ServedRoute): string {
  const [, first = ''] = /^\/api\/(?:iacp\/v3|tfe\/v2)\/([^/]+)/u.exec(url) ?? []
  const id = tokens.ids[first === 'organizations' ? 'environments' : first] ?? 'none-1'
  return url
    .replace(/:id|:organization/u, id)
    .replace(':jobId', tokens.jobId)
    .replace(':workspaceId', tokens.ids['workspaces'] ?? '')
    .replaceAll(/:\w+/gu, 'none-1')
}

function tokenOf({ method, url }: ServedRoute): string {
  const [caller = 'user'] = callersOf(method, url) ?? []
  return tokens.good[caller === 'anyone' ? 'user' : caller]
}

async function send(route: ServedRoute, body: string): Promise<{ status: number; text: string }> {
  const call = request(`${world.controlPlane.url}${pathOf(route)}`, {
    // A connection of its own: what is refused before it is read ends with its connection.
    agent: false,
    method: route.method,
    headers: {
      authorization: `Bearer ${tokenOf(route)}`,
      'content-type': route.url.startsWith('/api/agent/')
        ? 'application/json'
        : 'application/vnd.api+json',
    },
  })
  call.end(body)
  const [response] = (await once(call, 'response')) as [IncomingMessage]
  return { status: response.statusCode ?? 0, text: await text(response) }
}

const oddValues: readonly unknown[] = JSON.parse(`[
  true, false, null, 0, -1, 1.5, 1e308, 9007199254740992, -9223372036854775808, 1e999,
  "", " ", "\\u0000", "\\ud800", "..", "/", "%", "\\"", "'; --", "${'x'.repeat(5000)}",
  [], [null], [[]], {}, [{}], {"data": []}, {"id": 1},
  "remote", "local", "terraform", "1.11.4", "Inactive", ["pre-plan"], "a/b"
]`)

/** What a column, a path, a date or a pattern could stumble over. */
const value = (): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 4, arbitrary: fc.jsonValue({ maxDepth: 2 }) }, fc.constantFrom(...oddValues))

/** The attributes that a route knows, by the description that stands beside its handler. */
function namesOf({ operation }: ServedRoute): readonly string[] {
  const body = operation?.body
  const schema =
    body?.kind === 'resource' ? body.attributes : body?.kind === 'action' ? body.schema : undefined
  if (schema === undefined) return ['name', 'state', 'serial', 'md5', 'lineage', 'slots', 'jobs']
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return Object.keys(json.properties ?? {})
}

function relationsOf({ operation }: ServedRoute): readonly string[] {
  const body = operation?.body
  const known = body?.kind === 'resource' ? body.relations : []
  return [...known.map((name) => name.replace('!', '')), 'workspace', 'tags', 'environment']
}

/** A few of the names, and at times one that nobody knows. */
const some = (names: readonly string[], of: fc.Arbitrary<unknown>): fc.Arbitrary<object> =>
  fc
    .array(fc.tuple(fc.constantFrom(...names, ...names, 'toString'), of), {
      minLength: 1,
      maxLength: 3,
    })
    .map((entries) => Object.fromEntries(entries))

function bodyOf(route: ServedRoute): fc.Arbitrary<unknown> {
  const identifier = fc.oneof(
    fc.constantFrom(...Object.entries(tokens.ids).map(([type, id]) => ({ type, id }))),
    fc.record({ type: value(), id: value() }),
    value(),
  )
  const relation = fc.oneof(
    fc.record({ data: fc.oneof(identifier, fc.array(identifier, { maxLength: 3 })) }),
    value(),
  )
  const type = /\/([^/:]+)(?:\/:id)?$/u.exec(route.url)?.[1]
  const attributes = some(namesOf(route), value())
  const document = fc.record({
    data: fc.record({
      type: fc.oneof({ weight: 9, arbitrary: fc.constant(type) }, value()),
      attributes: fc.oneof({ weight: 9, arbitrary: attributes }, value()),
      relationships: fc.oneof(
        { weight: 9, arbitrary: some(relationsOf(route), relation) },
        value(),
      ),
    }),
  })
  const identifiers = fc.record({ data: fc.array(identifier, { maxLength: 4 }) })
  return fc.oneof(
    { weight: 6, arbitrary: document },
    { weight: 2, arbitrary: attributes },
    identifiers,
    value(),
  )
}

describe('whatever is sent', () => {
  it('no route that takes a body answers 500, or logs an error', async () => {
    for (const route of routes) {
      const body = bodyOf(route).map((one) => JSON.stringify(one) ?? '')
      await fc.assert(
        fc.asyncProperty(body, async (sent) => {
          const answer = await send(route, sent)
          expect(answer.status, `${route.method} ${route.url}: ${answer.text}`).toBeLessThan(500)
          expect(failures).toEqual([])
        }),
        { numRuns: 12 },
      )
    }
    expect((await world.api.get('/workspaces')).status).toBe(200)
  })
})

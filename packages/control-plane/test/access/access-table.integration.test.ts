import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { accessTable, callersOf, type Caller } from '../../src/access/index.ts'
import { makeAllTokens, type AllTokens } from '../support/all-tokens.ts'
import { recordRoutes, type ServedRoute } from '../support/served-routes.ts'
import { startWorld, type World } from '../support/world.ts'

const publicApi = '/api/iacp/v3/'
const tfeApi = '/api/tfe/v2/'
/** Scalr's words for what is not permitted; what does not exist is named with its kind and id. */
const notPermitted = 'Object not found or user unauthorized.'

const agent = new Agent({ keepAlive: true, maxSockets: 8 })
let world: World
let routes: readonly ServedRoute[]
let tokens: AllTokens

beforeAll(async () => {
  const started = await recordRoutes(() => startWorld())
  world = started.result
  // What ends the session that the others need comes last.
  routes = started.routes.toSorted((a, b) => rank(a) - rank(b))
  tokens = await makeAllTokens(world)
})
afterAll(async () => {
  agent.destroy()
  await world[Symbol.asyncDispose]()
})

function rank({ url }: ServedRoute): number {
  return url.endsWith('/sessions/self') ? 1 : 0
}

/** What the account has of the kind that the route is about. */
function idFor({ url }: ServedRoute): string | undefined {
  if (url.includes(':workspaceId')) return tokens.ids['workspaces']
  if (url.includes(':namespace')) return world.controlPlane.accountId
  const [, resource = ''] = /^\/api\/(?:iacp\/v3|tfe\/v2)\/([^/]+)/u.exec(url) ?? []
  return tokens.ids[resource === 'organizations' ? 'environments' : resource]
}

/** A path of the route: reads get what is there, writes what is not, so that nothing changes. */
function pathOf(
  route: ServedRoute,
  id = route.method === 'GET' ? idFor(route) : undefined,
): string {
  const { url } = route
  return url
    .replace(/:id|:organization/u, id ?? 'none-1')
    .replace(':jobId', tokens.jobId)
    .replace(':workspaceId', tokens.ids['workspaces'] ?? '')
    .replace(':namespace', world.controlPlane.accountId)
    .replace(':provider', 'aws')
    .replace(':version', '1.0.0')
    .replace(':name', url.includes('/modules/') ? 'network' : 'plan.bin')
    .replaceAll(/:\w+/gu, 'none-1')
    .replace('*', 'none-1')
}

interface Answer {
  readonly status: number
  readonly text: string
}

/** Bare HTTP over kept connections: there are thousands of calls. */
async function ask(
  route: ServedRoute,
  token: string | undefined,
  path = pathOf(route),
): Promise<Answer> {
  const call = request(`${world.controlPlane.url}${path}`, {
    agent,
    method: route.method === 'ALL' ? 'GET' : route.method,
    ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
  })
  call.end()
  const [response] = (await once(call, 'response')) as [IncomingMessage]
  return { status: response.statusCode ?? 0, text: await text(response) }
}

const guarded = (): readonly ServedRoute[] =>
  routes.filter(({ method, url }) => callersOf(method, url)?.includes('anyone') !== true)

/** A few at a time. */
async function forEachRoute(
  list: readonly ServedRoute[],
  action: (route: ServedRoute) => Promise<void>,
): Promise<void> {
  for (const route of list) await action(route)
}

describe('who may do what', () => {
  it('the table names every route that is served, and no other', () => {
    const inTable = accessTable.flatMap((room) =>
      Object.entries(room.routes).flatMap(([url, methods]) =>
        Object.keys(methods).map((method) => `${method} ${url}`),
      ),
    )
    expect(routes.map(({ method, url }) => `${method} ${url}`).toSorted()).toEqual(
      inTable.toSorted(),
    )
    expect(callersOf('GET', '/toString')).toBeUndefined()
    expect(callersOf('toString', '/ping')).toBeUndefined()
  })

  it('every route takes the tokens of its callers, and refuses all the others', async () => {
    const wrong: string[] = []
    await forEachRoute(routes, async (route) => {
      const callers = callersOf(route.method, route.url) ?? []
      const room = accessTable.find(({ routes: own }) => Object.hasOwn(own, route.url))
      await Promise.all(
        Object.entries(tokens.good).map(async ([kind, token]) => {
          // A run is told no more of what is not its own than that it may not.
          const path = kind === 'run' ? pathOf(route, idFor(route)) : pathOf(route)
          const answer = await ask(route, token, path)
          // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of `good`
          const isCaller = callers.includes('anyone') || callers.includes(kind as Caller)
          const isRight = isCaller
            ? !isRefusal(route, answer) || isArchive(route)
            : (isRefusal(route, answer) && answer.status === room?.refusal) || isOtherPool(answer)
          if (!isRight) wrong.push(line(route, kind, answer))
        }),
      )
    })
    expect(wrong).toEqual([])
  })

  it('every route answers 401 without a token, and to an expired, revoked or forged one', async () => {
    const wrong: string[] = []
    await forEachRoute(guarded(), async (route) => {
      await Promise.all(
        Object.entries(tokens.bad).map(async ([what, token]) => {
          const answer = await ask(route, token)
          if (answer.status !== 401) wrong.push(line(route, what, answer))
        }),
      )
    })
    expect(wrong).toEqual([])
  })

  it('what another account has looks like what nobody has', async () => {
    const seen: string[] = []
    await forEachRoute(guarded(), async (route) => {
      if (!callersOf(route.method, route.url)?.includes('user')) return
      const id = idFor(route)
      if (id === undefined) return
      const path = pathOf({ ...route, method: 'GET' })
      const answer = await ask(route, tokens.stranger, path)
      if (path.includes(id)) {
        const other = await ask(route, tokens.stranger, path.replace(id, 'none-1'))
        const isSame =
          answer.status === other.status &&
          answer.text.replaceAll(id, 'none-1').replaceAll(/req-\w+/gu, '') ===
            other.text.replaceAll(/req-\w+/gu, '')
        if (!isSame || answer.status < 400) seen.push(line(route, id, answer))
      } else if (route.method === 'GET' && answer.text.includes(id)) {
        seen.push(line(route, id, answer))
      }
    })
    expect(seen).toEqual([])
  })

  it('a run sees its own workspace, without what belongs to the account', async () => {
    const { environments: environment } = tokens.ids
    const other = await world.api.create(
      '/workspaces',
      'workspaces',
      { name: 'other' },
      { environment: ['environments', environment ?? ''] },
    )
    const run = tokens.good.run
    const get = async (path: string) => {
      const response = await fetch(`${world.controlPlane.url}${publicApi.slice(0, -1)}${path}`, {
        headers: { authorization: `Bearer ${run}` },
      })
      return { status: response.status, text: await response.text() }
    }
    for (const below of ['', '/outputs', '/current-state-version']) {
      expect((await get(`/workspaces/${other.id}${below}`)).status).toBe(404)
    }
    expect((await get('/workspaces')).text).not.toContain(other.id)
    expect((await get(`/workspaces?filter[workspace]=${other.id}`)).text).toContain('"data":[]')
    const own = await get(`/workspaces/${tokens.ids['workspaces']}?include=agent-pool,created-by`)
    expect(own.status).toBe(200)
    expect(own.text).not.toContain('"included"')
    expect(own.text).not.toContain('owner@')
  })
})

/** Where 404 is for what does not exist as well, its text says which it is. */
function isRefusal({ url }: ServedRoute, { status, text: body }: Answer): boolean {
  if (status === 401 || status === 403) return true
  if (status !== 404 || url.startsWith('/api/agent/')) return false
  const saysWhich = url.startsWith(publicApi) || url.startsWith(tfeApi)
  return !saysWhich || body.includes(notPermitted)
}

/** A link that has no good proof: nobody's token helps. */
function isArchive({ url }: ServedRoute): boolean {
  return url.includes('/archives/')
}

/** The relay looks at the agent behind the session, too. */
function isOtherPool({ status, text: body }: Answer): boolean {
  return status === 409 && body.includes('wrong-pool')
}

function line({ method, url }: ServedRoute, what: string, answer: Answer): string {
  return `${method} ${url} with ${what}: ${answer.status} ${answer.text.slice(0, 200)}`
}

import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { inspect } from 'node:util'

import { afterEach, describe, expect, expectTypeOf, it } from 'vitest'

import { ScalrClient, type Environment, type ScalrClientOptions } from '../../src/client/index.ts'
import { SteppedClock } from '../http/support/stepped-clock.ts'
import {
  sendJson,
  startServer,
  type Handler,
  type TestServer,
} from '../http/support/test-server.ts'
import { fakeToken } from '../http/support/tokens.ts'

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const resource of open.splice(0).toReversed()) await resource[Symbol.asyncDispose]()
})

const token = fakeToken({ kind: 'user' })
const prefix = '/api/iacp/v3'

interface Setup {
  readonly server: TestServer
  readonly client: ScalrClient
  readonly clock: SteppedClock
  /** Bodies of what was sent, as JSON. */
  readonly bodies: () => readonly unknown[]
}

/** Handlers by `METHOD /path` below the API's base. */
async function setUp(
  routes: Readonly<Record<string, Handler>>,
  options: Partial<ScalrClientOptions> = {},
): Promise<Setup> {
  const server = await startServer(async (request, response) => {
    const path = decodeURIComponent(request.url.replace(/\?.*$/u, '')).replace(prefix, '')
    const handler = routes[`${request.method} ${path}`]
    if (handler !== undefined) await handler(request, response)
    else sendJson(response, 404, { errors: [{ status: '404', title: `No route ${path}` }] })
  })
  open.push(server)
  const clock = new SteppedClock()
  const client = new ScalrClient({ url: server.url, token, clock, random: () => 0.5, ...options })
  open.push(client)
  const bodies = (): readonly unknown[] =>
    server.received
      .filter(({ body }) => body.byteLength > 0)
      .map(({ body }): unknown => JSON.parse(String(body)))
  return { server, client, clock, bodies }
}

const toWorkspace = { data: { type: 'workspaces', id: 'ws-1' } }
const run = {
  type: 'runs',
  id: 'run-1',
  attributes: { status: 'planned' },
  relationships: { workspace: toWorkspace, plan: { data: { type: 'plans', id: 'plan-1' } } },
}
const workspace = {
  type: 'workspaces',
  id: 'ws-1',
  attributes: { name: 'app', locked: false },
  relationships: { environment: { data: { type: 'environments', id: 'env-1' } } },
}

function answer(status: number, value: unknown): Handler {
  return (_request, response) =>
    sendJson(response, status, value, { 'content-type': 'application/vnd.api+json' })
}

describe('resources', () => {
  it('create: a JSON:API document there, a plain object back', async () => {
    const { client, server, bodies } = await setUp({
      'POST /workspaces': answer(201, { data: workspace }),
    })
    const created = await client.workspaces.create({
      name: 'app',
      environmentId: 'env-1',
      autoApply: true,
    })
    expect(created).toMatchObject({ id: 'ws-1', name: 'app', environmentId: 'env-1' })
    expect(bodies()).toEqual([
      {
        data: {
          type: 'workspaces',
          attributes: { name: 'app', 'auto-apply': true },
          relationships: { environment: { data: { type: 'environments', id: 'env-1' } } },
        },
      },
    ])
    expect(server.received[0]?.headers).toMatchObject({
      authorization: `Bearer ${token}`,
      'content-type': 'application/vnd.api+json',
      accept: expect.stringContaining('application/vnd.api+json'),
    })
  })

  it('get with include, typed', async () => {
    const environment = {
      type: 'environments',
      id: 'env-1',
      attributes: { name: 'dev', status: 'Active' },
    }
    const { client, server } = await setUp({
      'GET /workspaces/ws-1': answer(200, { data: workspace, included: [environment] }),
    })
    const found = await client.workspaces.get('ws-1', { include: ['environment'] })
    expectTypeOf(found.environment).toEqualTypeOf<Environment | null>()
    expect(found.environment?.name).toBe('dev')
    expect(server.received[0]?.url).toBe(`${prefix}/workspaces/ws-1?include=environment`)
  })

  it('update, delete, lock and unlock', async () => {
    const { client, server, bodies } = await setUp({
      'PATCH /workspaces/ws-1': answer(200, { data: workspace }),
      'DELETE /workspaces/ws-1': (_request, response) => void response.writeHead(204).end(),
      'POST /workspaces/ws-1/actions/lock': answer(200, {
        data: { ...workspace, attributes: { name: 'app', locked: true } },
      }),
      'POST /workspaces/ws-1/actions/unlock': answer(200, { data: workspace }),
    })
    await client.workspaces.update('ws-1', { agentPoolId: null })
    expect((await client.workspaces.lock('ws-1', { reason: 'work' })).locked).toBe(true)
    expect((await client.workspaces.unlock('ws-1')).locked).toBe(false)
    await client.workspaces.delete('ws-1')
    expect(bodies()).toEqual([
      {
        data: {
          type: 'workspaces',
          id: 'ws-1',
          attributes: {},
          relationships: { 'agent-pool': { data: null } },
        },
      },
      { reason: 'work' },
      {},
    ])
    expect(server.received[1]?.headers['content-type']).toBe('application/json')
  })

  it('list: over all pages, with filters', async () => {
    const { client, server } = await setUp({
      'GET /runs': (request, response) => {
        const page = Number(new URL(request.url, 'http://x').searchParams.get('page[number]'))
        sendJson(response, 200, {
          data: [{ ...run, id: `run-${page}` }],
          meta: {
            pagination: {
              'current-page': page,
              'prev-page': null,
              'next-page': page < 3 ? page + 1 : null,
              'total-pages': 3,
              'total-count': 3,
            },
          },
        })
      },
    })
    const list = client.runs.list({ filter: { workspace: 'ws-1', status: ['planned', 'applied'] } })
    expect((await list.toArray()).map(({ id }) => id)).toEqual(['run-1', 'run-2', 'run-3'])
    expect(new URL(server.received[1]?.url ?? '', 'http://x').searchParams.toString()).toBe(
      new URLSearchParams({
        'page[number]': '2',
        'page[size]': '100',
        'filter[workspace]': 'ws-1',
        'filter[status]': 'planned,applied',
      }).toString(),
    )
    for await (const page of list.pages()) expect(page.totalCount).toBe(3)
  })

  it('run actions: plain JSON bodies; force only when asked for', async () => {
    let canceled = 202
    const none: Handler = (_request, response) => void response.writeHead(canceled).end()
    const { client, bodies } = await setUp({
      'POST /runs/run-1/actions/apply': (_request, response) => void response.writeHead(202).end(),
      'POST /runs/run-1/actions/discard': (_request, response) =>
        void response.writeHead(202).end(),
      'POST /runs/run-1/actions/cancel': none,
    })
    await client.runs.confirm('run-1', { comment: 'go' })
    await client.runs.discard('run-1')
    expect(await client.runs.cancel('run-1')).toBe('requested')
    canceled = 204
    expect(await client.runs.cancel('run-1', { force: true })).toBe('unchanged')
    expect(bodies()).toEqual([{ comment: 'go' }, {}, {}, { force: true }])
  })

  it('pool tokens: below the pool, and the token shows in no log (I12)', async () => {
    const { client, bodies } = await setUp({
      'POST /agent-pools/apool-1/access-tokens': answer(201, {
        data: { type: 'access-tokens', id: 'at-1', attributes: { token: 'c4n4ry' } },
      }),
    })
    const created = await client.accessTokens.createForPool('apool-1', { description: 'demo' })
    expect(created.token).toBe('c4n4ry')
    expect(inspect(created)).not.toContain('c4n4ry')
    expect(bodies()).toEqual([
      { data: { type: 'access-tokens', attributes: { description: 'demo' } } },
    ])
  })

  it('outputs: the one answer that is no JSON:API', async () => {
    const { client } = await setUp({
      'GET /workspaces/ws-1/outputs': answer(200, {
        data: [
          { name: 'url', value: 'x', sensitive: false },
          { name: 'list', value: [1, { 'a-b': 2 }] },
        ],
      }),
    })
    expect(await client.workspaces.outputs('ws-1')).toEqual([
      { name: 'url', value: 'x', sensitive: false },
      { name: 'list', value: [1, { 'a-b': 2 }], sensitive: false },
    ])
  })

  it('state versions: serial, lineage and digest come from the state', async () => {
    const state = Buffer.from(JSON.stringify({ version: 4, serial: 7, lineage: 'abc' }))
    const stateVersion = {
      type: 'state-versions',
      id: 'sv-1',
      attributes: { serial: 7 },
      relationships: { workspace: toWorkspace },
    }
    const { client, bodies } = await setUp({
      'POST /state-versions': answer(201, { data: stateVersion }),
      'GET /workspaces/ws-1/current-state-version': answer(200, { data: stateVersion }),
      'GET /state-versions/sv-1/download': (_request, response) => void response.end(state),
    })
    await client.stateVersions.upload('ws-1', state)
    expect(bodies()).toEqual([
      {
        data: {
          type: 'state-versions',
          attributes: {
            serial: 7,
            lineage: 'abc',
            md5: expect.stringMatching(/^[0-9a-f]{32}$/u),
            state: state.toString('base64'),
          },
          relationships: { workspace: toWorkspace },
        },
      },
    ])
    expect((await client.workspaces.currentStateVersion('ws-1')).serial).toBe(7)
    expect((await buffer(await client.stateVersions.download('sv-1'))).equals(state)).toBe(true)
    await expect(client.stateVersions.upload('ws-1', Buffer.from('c4n4ry'))).rejects.toThrow(
      'it is not JSON',
    )
  })
})

describe('files', () => {
  const archive = randomBytes(200_000)
  const created = (upload: string): object => ({
    data: {
      type: 'configuration-versions',
      id: 'cv-1',
      attributes: { status: 'pending' },
      relationships: { workspace: toWorkspace },
      links: { upload },
    },
  })

  it('uploads to the link, again after a failure, with the token on the own origin', async () => {
    let count = 0
    const { client, server } = await setUp({
      'POST /configuration-versions': answer(201, created(`${prefix}/upload/cv-1`)),
      'PUT /upload/cv-1': (_request, response) => {
        count += 1
        if (count === 1) response.destroy()
        else response.writeHead(200).end()
      },
    })
    const version = await client.configurationVersions.create({ workspaceId: 'ws-1' })
    await client.configurationVersions.upload(version, {
      bytes: archive.byteLength,
      open: () => Readable.from([archive]),
    })
    const last = server.received.at(-1)
    expect(last?.body.equals(archive)).toBe(true)
    expect(last?.headers.authorization).toBe(`Bearer ${token}`)
  })

  it('uploads to a signed link elsewhere without the token, and never to plain HTTP', async () => {
    const other = await startServer((_request, response) => void response.writeHead(200).end())
    open.push(other)
    const { client } = await setUp({})
    const version = { id: 'cv-1', uploadUrl: `${other.url}/blob?sig=1` }
    await client.configurationVersions.upload(version, archive)
    expect(other.received[0]?.headers.authorization).toBeUndefined()
    await expect(
      client.configurationVersions.upload(
        { id: 'cv-1', uploadUrl: 'http://evil.example/x' },
        archive,
      ),
    ).rejects.toMatchObject({ code: 'INSECURE_URL' })
    await expect(
      client.configurationVersions.upload({ id: 'cv-1', uploadUrl: null }, archive),
    ).rejects.toThrow(/create\(\)/u)
  })

  it('follows the redirect of a download by hand, without the token', async () => {
    const other = await startServer((_request, response) => void response.end(archive))
    open.push(other)
    const { client, server } = await setUp({
      'GET /configuration-versions/cv-1/download': (_request, response) =>
        void response.writeHead(302, { location: `${other.url}/blob?sig=c4n4ry` }).end(),
    })
    const stream = await client.configurationVersions.download('cv-1')
    expect((await buffer(stream)).equals(archive)).toBe(true)
    expect(server.received[0]?.headers.authorization).toBe(`Bearer ${token}`)
    expect(other.received[0]?.headers.authorization).toBeUndefined()
  })

  it('does not follow to plain HTTP elsewhere, nor for ever; a signed link shows in no error', async () => {
    let location = 'http://evil.example/x'
    const { client } = await setUp({
      'GET /plans/plan-1/output': (_request, response) =>
        void response.writeHead(302, { location }).end(),
    })
    await expect(client.plans.output('plan-1')).rejects.toMatchObject({ code: 'INSECURE_URL' })
    location = `${prefix}/plans/plan-1/output`
    await expect(client.plans.output('plan-1')).rejects.toThrow(/redirects in a row/u)
    const other = await startServer((_request, response) => void response.writeHead(403).end())
    open.push(other)
    location = `${other.url}/blob?sig=c4n4ry`
    const error: unknown = await client.plans.output('plan-1').catch((caught: unknown) => caught)
    expect(error).toMatchObject({ status: 403 })
    expect(inspect(error, { depth: 10 })).not.toContain('c4n4ry')
  })

  it('plan output: text, nothing yet, and JSON', async () => {
    let isReady = false
    const { client, server } = await setUp({
      'GET /plans/plan-1/output': (_request, response) => {
        if (isReady) response.end('Plan: 1 to add ✓')
        else response.writeHead(204).end()
      },
      'GET /plans/plan-1/json-output': answer(200, { 'format-version': '1.2' }),
    })
    expect(await client.plans.output('plan-1')).toBeUndefined()
    expect(await client.plans.outputStream('plan-1')).toBeUndefined()
    isReady = true
    expect(await client.plans.output('plan-1', { clean: true })).toBe('Plan: 1 to add ✓')
    expect(server.received.at(-1)?.url).toContain('?clean=true')
    expect(await client.plans.jsonOutput('plan-1')).toEqual({ 'format-version': '1.2' })
    await expect(client.plans.output('plan-1', { maxBytes: 3 })).rejects.toMatchObject({
      code: 'TOO_LARGE',
    })
  })

  it('follows a log from a byte on, whether or not the server knows ranges', async () => {
    const log = '0123456789'
    let knowsRanges = false
    const { client } = await setUp({
      'GET /applies/apply-1/output': (request, response) => {
        const from = Number(/bytes=(\d+)-/u.exec(request.headers.range ?? '')?.[1] ?? 0)
        if (!knowsRanges) response.end(log)
        else if (from >= log.length) response.writeHead(416).end()
        else response.writeHead(206).end(log.slice(from))
      },
    })
    const readFrom = async (fromByte: number): Promise<string | undefined> => {
      const stream = await client.applies.outputStream('apply-1', { fromByte })
      return stream === undefined ? undefined : await text(stream)
    }
    expect(await readFrom(4)).toBe('456789')
    expect(await readFrom(10)).toBe('')
    knowsRanges = true
    expect(await readFrom(4)).toBe('456789')
    expect(await readFrom(10)).toBeUndefined()
  })
})

describe('failures', () => {
  it('429 is always tried again and Retry-After honoured; a POST after 500 is not', async () => {
    let count = 0
    const { client, clock, server } = await setUp({
      'POST /runs': (_request, response) => {
        count += 1
        if (count === 1) sendJson(response, 429, {}, { 'retry-after': '3' })
        else sendJson(response, 500, {})
      },
    })
    await expect(client.runs.create({ workspaceId: 'ws-1' })).rejects.toMatchObject({ status: 500 })
    expect(server.received).toHaveLength(2)
    expect(clock.sleeps).toEqual([3250])
  })

  it('a GET is tried again after 500 and a cut connection', async () => {
    let count = 0
    const { client } = await setUp({
      'GET /runs/run-1': (_request, response) => {
        count += 1
        if (count === 1) sendJson(response, 502, {})
        else if (count === 2) response.destroy()
        else sendJson(response, 200, { data: run })
      },
    })
    expect((await client.runs.get('run-1')).planId).toBe('plan-1')
  })

  it('Scalr’s own words for a missing resource', async () => {
    const title = "Workspace with ID 'ws-9' not found or user unauthorized."
    const { client } = await setUp({
      'GET /workspaces/ws-9': answer(404, { errors: [{ status: '404', title, detail: '' }] }),
    })
    await expect(client.workspaces.get('ws-9')).rejects.toMatchObject({
      name: 'ApiError',
      status: 404,
      message: expect.stringContaining(title),
      details: [{ title }],
    })
  })

  it('401 says what to do; nothing shows the token (I12)', async () => {
    const { client } = await setUp({
      'GET /runs/run-1': answer(401, { errors: [{ title: 'No' }] }),
    })
    const error: unknown = await client.runs.get('run-1').catch((caught: unknown) => caught)
    expect(error).toMatchObject({ name: 'AuthenticationError' })
    expect(String(error)).toContain('Create a new access token')
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('c4n4ry')
    expect(inspect(client, { depth: 10 })).not.toContain('c4n4ry')
  })

  it('a signal ends a list between and within pages', async () => {
    const { client, server } = await setUp({ 'GET /runs': () => {} })
    const controller = new AbortController()
    const pending = client.runs.list({ signal: controller.signal }).toArray()
    await server.receivedAtLeast(1)
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(pending).rejects.toBe(reason)
  })

  it.each(['', '.', '..'])('refuses %j as an id', async (id) => {
    const { client, server } = await setUp({})
    await expect(client.workspaces.delete(id)).rejects.toMatchObject({ name: 'ConfigurationError' })
    expect(server.received).toEqual([])
  })

  it('keeps an id in its segment, whatever it holds', async () => {
    const { client, server } = await setUp({})
    await client.runs.get('../workspaces/ws-1?x#y').catch(() => {})
    expect(server.received[0]?.url).toBe(`${prefix}/runs/..%2Fworkspaces%2Fws-1%3Fx%23y`)
  })
})

describe('the URL', () => {
  it('comes from the token when it is not given', async () => {
    const { server } = await setUp({ 'GET /runs/run-1': answer(200, { data: run }) })
    await using client = new ScalrClient({ token: fakeToken({ iss: server.url }) })
    expect((await client.runs.get('run-1')).status).toBe('planned')
  })

  it('may hold the path of the API already', async () => {
    const { server } = await setUp({ 'GET /runs/run-1': answer(200, { data: run }) })
    await using client = new ScalrClient({ url: `${server.url}${prefix}/`, token })
    await client.runs.get('run-1')
    expect(server.received[0]?.url).toBe(`${prefix}/runs/run-1`)
  })

  it('must be HTTPS', () => {
    expect(() => new ScalrClient({ url: 'http://acme.scalr.io', token })).toThrowError(
      expect.objectContaining({ code: 'INSECURE_URL' }),
    )
  })
})

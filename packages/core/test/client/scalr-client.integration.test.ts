import { text } from 'node:stream/consumers'
import { inspect } from 'node:util'

import { describe, expect, it } from 'vitest'

import { ScalrClient } from '../../src/client/index.ts'
import type { CallTracer } from '../../src/http/index.ts'
import { sendJson, startServer } from '../http/support/test-server.ts'
import { fakeToken } from '../http/support/tokens.ts'
import { answer, open, prefix, run, setUp, token } from './support.ts'

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

  it('is found by service discovery, which is told no token', async () => {
    const at = '/somewhere/else/'
    const { server } = await setUp({
      'GET /.well-known/terraform.json': answer(200, { 'iacp.v3': at, 'tfe.v2': '/api/tfe/v2/' }),
      [`GET ${at}runs/run-1`]: answer(200, { data: run }),
    })
    await using client = await ScalrClient.discover({ url: server.url, token })
    expect((await client.runs.get('run-1')).status).toBe('planned')
    expect(server.received[0]?.headers).not.toHaveProperty('authorization')
    expect(server.received[1]?.headers.authorization).toBe(`Bearer ${token}`)
  })

  it.each<[string, object, RegExp]>([
    ['no such API', { 'tfe.v2': '/api/tfe/v2/' }, /names no 'iacp\.v3'\. Check the URL/u],
    [
      'another origin',
      { 'iacp.v3': 'https://evil.example.com/' },
      /it is at https:\/\/evil\.example\.com/u,
    ],
  ])('service discovery that names %s is refused', async (_what, services, message) => {
    const { server } = await setUp({ 'GET /.well-known/terraform.json': answer(200, services) })
    await expect(ScalrClient.discover({ url: server.url, token })).rejects.toMatchObject({
      name: 'ConfigurationError',
      message: expect.stringMatching(message),
    })
  })

  it('must be HTTPS', () => {
    expect(() => new ScalrClient({ url: 'http://acme.scalr.io', token })).toThrowError(
      expect.objectContaining({ code: 'INSECURE_URL' }),
    )
  })
})

describe('tracing', () => {
  it('sees every attempt with its end, and adds headers', async () => {
    const seen: unknown[] = []
    const trace: CallTracer = ({ method, path, doing, attempt }) => {
      seen.push([attempt, method, path, doing])
      return {
        headers: {
          traceparent: `00-${attempt}`,
          Authorization: 'Bearer another',
          Accept: 'text/html',
          'x-broken': 'a\r\nb',
        },
        onEnd: ({ status, error, durationMs }) => {
          seen.push([attempt, status, error instanceof Error ? error.name : error])
          expect(durationMs).toBe(0)
        },
      }
    }
    let count = 0
    const { client, server } = await setUp(
      {
        'GET /runs/run-1': (_request, response) => {
          count += 1
          if (count === 1) response.destroy()
          else if (count === 2) sendJson(response, 503, {})
          else sendJson(response, 200, { data: run })
        },
      },
      { trace },
    )
    await client.runs.get('run-1')
    const call = ['GET', `${prefix}/runs/run-1`, 'get the run run-1']
    expect(seen).toEqual([
      [1, ...call],
      [1, undefined, 'NetworkError'],
      [2, ...call],
      [2, 503, 'ApiError'],
      [3, ...call],
      [3, 200, undefined],
    ])
    expect(server.received.map(({ headers }) => headers['traceparent'])).toEqual([
      '00-1',
      '00-2',
      '00-3',
    ])
    // Ours win, and what would break the request is left out.
    expect(server.received[2]?.headers).toMatchObject({
      authorization: `Bearer ${token}`,
      accept: expect.stringMatching(/^application\/vnd\.api\+json/u),
    })
    expect(server.received[2]?.headers).not.toHaveProperty('x-broken')
  })

  it('a tracer that throws breaks nothing', async () => {
    const { client } = await setUp(
      { 'GET /runs/run-1': answer(200, { data: run }) },
      {
        trace: () => {
          throw new Error('no exporter')
        },
      },
    )
    expect((await client.runs.get('run-1')).id).toBe('run-1')
  })

  it('is told no token, and no query of another origin (I12)', async () => {
    const blob = await startServer((_request, response) => void response.end('state'))
    open.push(blob)
    const seen: unknown[] = []
    const { client } = await setUp(
      {
        'GET /state-versions/sv-1/download': (_request, response) =>
          void response.writeHead(302, { location: `${blob.url}/state?signature=c4n4ry` }).end(),
      },
      {
        trace: (start) => {
          seen.push(start)
          return { headers: { traceparent: '00' }, onEnd: (end) => seen.push(end) }
        },
      },
    )
    expect(await text(await client.stateVersions.download('sv-1'))).toBe('state')
    expect(JSON.stringify(seen)).not.toMatch(/c4n4ry|signature/u)
    expect(blob.received[0]?.headers).not.toHaveProperty('traceparent')
  })
})

describe('I12: the token', () => {
  it('is in no inspection and no JSON of the client, whatever is asked for', async () => {
    const { client } = await setUp({})
    expect(inspect(client, { depth: 20, showHidden: true, getters: true })).not.toContain('c4n4ry')
    expect(JSON.stringify(client)).not.toContain('c4n4ry')
  })

  it('is in no error, not even where the server sends it back', async () => {
    const { client } = await setUp({
      'GET /runs/run-1': ({ headers }, response) =>
        sendJson(response, 422, { errors: [{ detail: `Bad ${headers.authorization}` }] }),
      'GET /runs/run-2': ({ headers }, response) =>
        sendJson(response, 200, { data: { token: headers.authorization } }),
      'GET /runs/run-3': ({ headers }, response) => void response.end(headers.authorization),
    })
    for (const id of ['run-1', 'run-2', 'run-3']) {
      const error: unknown = await client.runs.get(id).catch((caught: unknown) => caught)
      expect(error).toBeInstanceOf(Error)
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('c4n4ry')
      expect(JSON.stringify(error)).not.toContain('c4n4ry')
    }
  })

  it('of a service account that was assumed is in no log', async () => {
    const { client, bodies } = await setUp({
      'POST /service-accounts/assume': answer(200, {
        'access-token': 'c4n4ry',
        'expire-time': '2026-01-01T01:00:00Z',
      }),
    })
    const assumed = await client.serviceAccounts.assume({
      serviceAccountEmail: 'ci@example.com',
      idToken: 'eyJ.id.token',
      lifetimeSeconds: 600,
    })
    expect(assumed.token).toBe('c4n4ry')
    expect(`${inspect(assumed)}${JSON.stringify(assumed)}`).not.toContain('c4n4ry')
    expect(bodies()).toEqual([
      { 'service-account-email': 'ci@example.com', 'id-token': 'eyJ.id.token', lifetime: 600 },
    ])
  })
})

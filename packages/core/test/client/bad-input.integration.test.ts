import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'

import { describe, expect, it } from 'vitest'

import { ScalrClient } from '../../src/client/index.ts'
import { listen, sendJson, type Handler } from '../http/support/test-server.ts'
import { answer, open, prefix, run, setUp, token, workspace } from './support.ts'

/** A page of runs; `next` as the server says it. */
function page(number: number, next: number | null, ids: readonly string[]): object {
  return {
    data: ids.map((id) => ({ ...run, id })),
    meta: { pagination: { 'current-page': number, 'next-page': next } },
  }
}

const pageOf = (url: string): number =>
  Number(new URL(url, 'http://x').searchParams.get('page[number]'))

const jsonApi = { 'content-type': 'application/vnd.api+json' }

/** Answers one after the other, and keeps to the last. */
function inTurn(...handlers: readonly Handler[]): Handler {
  let index = 0
  return async (request, response) => {
    const handler = handlers[Math.min(index, handlers.length - 1)]
    index += 1
    await handler?.(request, response)
  }
}

async function failureOf(pending: PromiseLike<unknown>): Promise<Error> {
  try {
    await pending
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('it went well')
}

describe('what answers is not the API', () => {
  it('a web page: the URL is wrong', async () => {
    const { client } = await setUp({
      'GET /runs/run-1': (_request, response) =>
        void response
          .setHeader('content-type', 'text/html')
          .end('<!doctype html><title>Welcome to nginx</title>'),
    })
    const error = await failureOf(client.runs.get('run-1'))
    expect(error.name).toBe('ProtocolError')
    expect(error.message).toMatch(
      /^Cannot get the run run-1 \(GET http:.*\/runs\/run-1\): .*HTML page titled 'Welcome to nginx'.*Check the URL/u,
    )
  })

  it('a redirect to a login page is not followed, and its query not repeated', async () => {
    const { client, server } = await setUp({
      'GET /runs/run-1': (_request, response) =>
        void response
          .writeHead(302, { location: 'https://login.example.com/start?state=c4n4ry' })
          .end(),
    })
    const error = await failureOf(client.runs.get('run-1'))
    expect(error).toMatchObject({ name: 'ApiError', status: 302 })
    expect(error.message).toMatch(/redirect to https:\/\/login\.example\.com\/start, which is not/u)
    expect(error.message).not.toContain('c4n4ry')
    expect(server.received).toHaveLength(1)
  })

  it.each([
    ['no JSON', 'Service ready', /not JSON but begins: Service ready/u],
    ['JSON that breaks off', '{"data": {"id": "run-1"', /breaks off or is malformed/u],
    ['nothing', '', /not JSON but empty/u],
  ])('%s', async (_what, text, message) => {
    const { client } = await setUp({
      'GET /runs/run-1': (_request, response) => void response.writeHead(200, jsonApi).end(text),
    })
    const error = await failureOf(client.runs.get('run-1'))
    expect(error.name).toBe('ProtocolError')
    expect(error.message).toMatch(message)
  })

  it.each<[string, object, RegExp]>([
    ['another resource', { data: { ...workspace } }, /type: .*expected "runs"/u],
    ['a list for one', { data: [run] }, /data: .*expected object/u],
    [
      'an attribute of another type',
      withAttribute('is-dry', 'yes'),
      /run run-1: .*attributes\.isDry: .*boolean/u,
    ],
    [
      'a relation without id',
      withRelation({ data: { type: 'plans' } }),
      /relationships\.plan\.data/u,
    ],
    [
      'a number beyond all',
      withAttribute('position-in-queue', 'HUGE'),
      /attributes\.positionInQueue/u,
    ],
    [
      'a number that would be rounded',
      withAttribute('position-in-queue', 2 ** 53),
      /positionInQueue: Too big/u,
    ],
  ])(
    '%s: the message names call, resource and path, and quotes nothing',
    async (_what, body, message) => {
      const text = JSON.stringify(body).replace('"HUGE"', '1e400')
      const { client } = await setUp({
        'GET /runs/run-1': (_request, response) => void response.writeHead(200, jsonApi).end(text),
      })
      const error = await failureOf(client.runs.get('run-1'))
      expect(error).toMatchObject({ name: 'ProtocolError', code: 'INVALID_REPLY' })
      expect(error.message).toMatch(/^Cannot get the run run-1 \(GET/u)
      expect(error.message).toMatch(message)
    },
  )

  it('a word that nobody here knows is kept', async () => {
    const { client } = await setUp({
      'GET /runs/run-1': answer(200, withAttribute('status', 'quantum_planning')),
    })
    expect((await client.runs.get('run-1')).status).toBe('quantum_planning')
  })
})

function withAttribute(name: string, value: unknown): object {
  return { data: { ...run, attributes: { ...run.attributes, [name]: value } } }
}
function withRelation(plan: unknown): object {
  return { data: { ...run, relationships: { ...run.relationships, plan } } }
}

describe('429', () => {
  it.each<[string, Readonly<Record<string, string>>, number]>([
    ['without Retry-After', {}, 250],
    ['with seconds', { 'retry-after': '7' }, 7250],
    [
      'with a date, by the clock of the server and not of this machine',
      { 'retry-after': 'Tue, 07 May 2030 10:00:20 GMT', date: 'Tue, 07 May 2030 10:00:00 GMT' },
      20_250,
    ],
    ['with a date that is over', { 'retry-after': 'Tue, 07 May 2019 10:00:20 GMT' }, 250],
    ['with a word', { 'retry-after': 'soon' }, 250],
  ])('%s is waited out, also by what is no GET', async (_what, headers, delayMs) => {
    const { client, clock } = await setUp({
      'POST /tags': inTurn(
        (_request, response) => sendJson(response, 429, {}, headers),
        answer(201, { data: { type: 'tags', id: 'tag-1', attributes: { name: 'a' } } }),
      ),
    })
    expect((await client.tags.create({ name: 'a' })).id).toBe('tag-1')
    expect(clock.sleeps).toEqual([delayMs])
  })

  it('that asks for more patience than there is ends the call at once, and says so', async () => {
    const { client, clock } = await setUp({
      'GET /runs/run-1': (_request, response) =>
        sendJson(response, 429, {}, { 'retry-after': '3600' }),
    })
    const error = await failureOf(client.runs.get('run-1'))
    expect(error).toMatchObject({ name: 'ApiError', status: 429, retryAfterMs: 3_600_000 })
    expect(error.message).toMatch(/429 .*It asks to wait 3600 s\. .*`retryForMs`/u)
    expect(clock.sleeps).toEqual([])
  })
})

describe('lists', () => {
  it('go on after a 502 in the middle, and lose nothing', async () => {
    let failed = false
    const { client } = await setUp({
      'GET /runs': ({ url }, response) => {
        const number = pageOf(url)
        if (number === 2 && !failed) {
          failed = true
          response.writeHead(502, { 'content-type': 'text/html' }).end('<html>Bad gateway</html>')
        } else
          sendJson(response, 200, page(number, number < 3 ? number + 1 : null, [`r-${number}`]))
      },
    })
    const ids = (await client.runs.list().toArray()).map(({ id }) => id)
    expect(ids).toEqual(['r-1', 'r-2', 'r-3'])
  })

  it('end with the page in the message where it stays', async () => {
    const { client } = await setUp(
      {
        'GET /runs': ({ url }, response) => {
          if (pageOf(url) === 2) sendJson(response, 500, { errors: [{ title: 'Internal' }] })
          else sendJson(response, 200, page(1, 2, ['r-1']))
        },
      },
      { retryForMs: 1000 },
    )
    const seen: string[] = []
    const error = await failureOf(
      (async () => {
        for await (const { id } of client.runs.list()) seen.push(id)
      })(),
    )
    expect(seen).toEqual(['r-1'])
    expect(error).toMatchObject({ name: 'ApiError', status: 500, retryable: true })
    expect(error.message).toMatch(
      /^Cannot list the runs \(GET .*page%5Bnumber%5D=2.*\): 500 Internal\. Try again later/u,
    )
  })

  it.each<[string, (number: number) => object]>([
    ['the same page again and again', (number) => page(number, number + 1, ['r-1'])],
    ['a next page that is this one', (number) => page(number, number, [`r-${number}`])],
    ['empty pages without end', (number) => page(number, number + 1, [])],
  ])('stop at a server that gives %s', async (_what, make) => {
    const { client, server } = await setUp({
      'GET /runs': ({ url }, response) => sendJson(response, 200, make(pageOf(url))),
    })
    const error = await failureOf(client.runs.list().toArray())
    expect(error.message).toMatch(/^Cannot list the runs: the server's pages repeat themselves/u)
    expect(server.received.length).toBeLessThan(60)
  })

  it('are not even asked for with a filter that cannot be written', async () => {
    const { client, server } = await setUp({})
    for (const [name, reason] of [
      [['a', 'b,c'], /comma/u],
      [[], /empty/u],
      [{ in: [] }, /empty/u],
      [{ unlike: 'x' }, /one of `in/u],
    ] as const) {
      const filter: object = { name }
      await expect(client.workspaces.list({ filter }).first()).rejects.toThrow(reason)
    }
    expect(server.received).toEqual([])
  })
})

describe('files', () => {
  /** A server that sends part of a body, and then cuts the connection. */
  const cut =
    (headers: Readonly<Record<string, string>>): Handler =>
    async (_request, response) => {
      response.writeHead(200, headers)
      await new Promise((resolve) => response.write('0123456789', resolve))
      response.destroy()
    }

  it.each([
    ['shorter than it said', { 'content-length': '20' }],
    ['cut in the middle', {}],
  ])('a download that is %s fails with what, where and what to do', async (_what, headers) => {
    const { client } = await setUp({ 'GET /state-versions/sv-1/download': cut(headers) })
    const state = await client.stateVersions.download('sv-1')
    const error = await failureOf(buffer(state))
    expect(error).toMatchObject({ name: 'NetworkError', retryable: true })
    expect(error.message).toMatch(
      /^Cannot download the state version sv-1 \(GET .*cut.*\d+ bytes had come\. Throw them away and ask again\.$/u,
    )
  })

  it('a login page that a redirect leads to is no state', async () => {
    const { client, server } = await setUp({
      'GET /state-versions/sv-1/download': (_request, response) =>
        void response.writeHead(302, { location: `${server.url}${prefix}/login` }).end(),
      'GET /login': (_request, response) =>
        void response.setHeader('content-type', 'text/html').end('<html>Sign in</html>'),
    })
    const error = await failureOf(client.stateVersions.download('sv-1'))
    expect(error.name).toBe('ProtocolError')
    expect(error.message).toMatch(
      /^Cannot download the state version sv-1 .*a web page instead of the file\. Check the URL/u,
    )
  })

  it('a text that breaks off is fetched again', async () => {
    const { client } = await setUp({
      'GET /plans/plan-1/output': inTurn(
        cut({ 'content-length': '20' }),
        (_request, response) => void response.end('all of it'),
      ),
    })
    expect(await client.plans.output('plan-1')).toBe('all of it')
  })

  it('a log that breaks off while it is followed goes on where it did', async () => {
    const log = 'Refreshing…\nPlan: 1 to add\n'
    const { client } = await setUp({
      'GET /applies/apply-1': answer(200, {
        data: { type: 'applies', id: 'apply-1', attributes: { status: 'finished' } },
      }),
      'GET /applies/apply-1/output': async ({ headers }, response) => {
        const from = Number(/\d+/u.exec(headers.range ?? '0')?.[0])
        const rest = Buffer.from(log).subarray(from)
        if (rest.byteLength === 0) {
          response.writeHead(416).end()
          return
        }
        response.writeHead(from === 0 ? 200 : 206, { 'content-length': String(rest.byteLength) })
        await new Promise((resolve) => response.write(rest.subarray(0, 9), resolve))
        if (rest.byteLength > 9) response.destroy()
        else response.end()
      },
    })
    const chunks: Uint8Array[] = []
    for await (const chunk of client.applies.follow('apply-1')) chunks.push(chunk)
    expect(Buffer.concat(chunks).toString()).toBe(log)
  })

  it('an upload that is refused half-way ends with the reason, and closes its source', async () => {
    const { client, seen } = await uploadServer((request, response) => {
      request.once('data', () => {
        sendJson(response, 413, { errors: [{ title: 'Too large', detail: '1 MiB is the limit.' }] })
        response.once('finish', () => request.destroy())
      })
    })
    const source = endless()
    const error = await failureOf(
      client.configurationVersions.upload(seen.version, { open: () => source }),
    )
    expect(error).toMatchObject({ name: 'ApiError', status: 413 })
    expect(error.message).toMatch(
      /^Cannot upload the configuration version cv-1 .*1 MiB is the limit/u,
    )
    expect(source.destroyed).toBe(true)
    expect(seen.requests).toBe(1)
  })

  it('an upload whose connection is cut is tried again from its beginning', async () => {
    let attempts = 0
    let received = ''
    const { client, seen } = await uploadServer((request, response) => {
      attempts += 1
      if (attempts === 1) {
        request.once('data', () => request.destroy())
        return
      }
      request.setEncoding('utf8')
      request.on('data', (chunk: string) => (received += chunk))
      request.once('end', () => response.writeHead(200).end())
    })
    await client.configurationVersions.upload(seen.version, {
      open: () => Readable.from(['whole']),
    })
    expect([attempts, received]).toEqual([2, 'whole'])
  })

  it('an upload follows a redirect that keeps the method, and drops the token at another origin (I12)', async () => {
    const blob = await uploadServer((request, response) => {
      request.resume().once('end', () => response.writeHead(200).end())
    })
    const { client, seen } = await uploadServer((request, response) => {
      request.resume().once('end', () => {
        response.writeHead(307, { location: `${blob.seen.origin}/blob?signature=s` }).end()
      })
    })
    await client.configurationVersions.upload(seen.version, Buffer.from('archive'))
    expect(seen.headers[0]?.authorization).toBe(`Bearer ${token}`)
    expect(blob.seen.headers).toHaveLength(1)
    expect(blob.seen.headers[0]).not.toHaveProperty('authorization')
  })
})

/** Bytes without end. */
function endless(): Readable {
  return new Readable({
    read(size) {
      this.push(Buffer.alloc(size))
    },
  })
}

/** A server that sees uploads as they come, and a client of it. */
async function uploadServer(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const seen = {
    requests: 0,
    origin: '',
    headers: [] as IncomingMessage['headers'][],
    version: { id: 'cv-1', uploadUrl: '' },
  }
  const server = createServer((request, response) => {
    seen.requests += 1
    seen.headers.push(request.headers)
    request.on('error', () => {})
    handle(request, response)
  })
  const { port, close } = await listen(server)
  open.push({ [Symbol.asyncDispose]: close })
  seen.origin = `http://127.0.0.1:${port}`
  seen.version.uploadUrl = `${seen.origin}${prefix}/upload`
  const client = new ScalrClient({
    url: seen.origin,
    token,
    retryTiming: { baseMs: 1 },
  })
  open.push(client)
  return { client, seen }
}

describe('what the server refuses', () => {
  it.each<[string, number, object, RegExp]>([
    [
      'a name that is taken',
      422,
      {
        title: 'Invalid Attribute',
        detail: 'Name has already been taken.',
        source: { pointer: '/data/attributes/name' },
      },
      /^Cannot create the agent pool \(POST .*\/agent-pools\): 422 Invalid Attribute: Name has already been taken\. \(\/data\/attributes\/name\)\. Correct what is named/u,
    ],
    [
      'a quota that is used up',
      409,
      { title: 'Quota exceeded error.' },
      /409 Quota exceeded error\. That does not fit what is there now/u,
    ],
  ])('%s', async (_what, status, error, message) => {
    const { client } = await setUp({ 'POST /agent-pools': answer(status, { errors: [error] }) })
    const failure = await failureOf(client.agentPools.create({ name: 'a' }))
    expect(failure).toMatchObject({ name: 'ApiError', status, retryable: false })
    expect(failure.message).toMatch(message)
  })

  it('the deletion of a pool that is in use', async () => {
    const title = "Can't be deleted. Has busy agents."
    const { client } = await setUp({
      'DELETE /agent-pools/apool-1': answer(409, { errors: [{ title }] }),
    })
    const failure = await failureOf(client.agentPools.delete('apool-1'))
    expect(failure.message).toMatch(
      /^Cannot delete the agent pool apool-1 \(DELETE .*\): 409 Can't be deleted\. Has busy agents\. .*change what is in the way first\.$/u,
    )
  })

  it('a token, while the clocks differ', async () => {
    const { client } = await setUp({
      'GET /runs/run-1': (_request, response) =>
        sendJson(
          response,
          401,
          { errors: [{ title: 'Unauthorized' }] },
          // The machine of these tests is at the first of January 2026.
          { date: 'Thu, 01 Jan 2026 02:00:00 GMT' },
        ),
    })
    const failure = await failureOf(client.runs.get('run-1'))
    expect(failure.name).toBe('AuthenticationError')
    expect(failure.message).toMatch(/clock is 120 minutes behind the server's: set it right/u)
    expect(failure.message).not.toContain(token)
  })
})

it('a call that is aborted while its answer is streamed ends the stream', async () => {
  const { client } = await setUp({
    'GET /state-versions/sv-1/download': (_request, response) => void response.write('begin'),
  })
  const controller = new AbortController()
  const stream = await client.stateVersions.download('sv-1', { signal: controller.signal })
  const reason = new Error('enough')
  await once(stream, 'readable')
  controller.abort(reason)
  await expect(buffer(stream)).rejects.toBe(reason)
})

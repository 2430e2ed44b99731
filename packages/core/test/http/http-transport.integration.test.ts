import { createServer } from 'node:net'
import { Readable } from 'node:stream'
import { inspect } from 'node:util'

import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'

import {
  ApiError,
  AuthenticationError,
  NetworkError,
  ProtocolError,
  TimeoutError,
} from '../../src/errors/index.ts'
import { HttpTransport, readJson, type HttpCall, type RetryEvent } from '../../src/http/index.ts'
import { SteppedClock } from './support/stepped-clock.ts'
import {
  listen,
  sendJson,
  startServer,
  type Handler,
  type TestServer,
} from './support/test-server.ts'
import { fakeToken } from './support/tokens.ts'

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const resource of open.splice(0).toReversed()) await resource[Symbol.asyncDispose]()
})

interface Setup {
  readonly server: TestServer
  readonly transport: HttpTransport
  readonly clock: SteppedClock
  readonly retries: RetryEvent[]
}

async function setUp(handler: Handler): Promise<Setup> {
  const server = await startServer(handler)
  open.push(server)
  return { server, ...client(server.url) }
}

function client(baseUrl: string): Omit<Setup, 'server'> {
  const clock = new SteppedClock()
  const retries: RetryEvent[] = []
  const transport = new HttpTransport({
    baseUrl,
    server: 'the control plane',
    tokenAdvice: 'Make a new one.',
    clock,
    random: () => 0.5,
    onRetry: (event) => retries.push(event),
    headersTimeoutMs: 2000,
    bodyTimeoutMs: 2000,
  })
  open.push(transport)
  return { transport, clock, retries }
}

const replySchema = z.object({ name: z.string(), token: z.string().optional() })
const token = fakeToken()

function get(more: Partial<HttpCall<unknown>> = {}): HttpCall<unknown> {
  return {
    doing: 'fetch the thing',
    method: 'GET',
    path: '/things/1',
    token: () => token,
    read: (answer) => readJson(answer, replySchema),
    ...more,
  }
}

async function failure(promise: Promise<unknown>): Promise<Error> {
  const result = await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(result instanceof Error)) throw new Error('expected a failure')
  expect(inspect(result, { depth: 10, showHidden: true })).not.toContain('c4n4ry')
  return result
}

describe('a call', () => {
  it('carries the token, the query and the user agent, and ignores unknown fields of the reply', async () => {
    const { server, transport } = await setUp((_request, response) =>
      sendJson(response, 200, { name: 'a', more: 1 }),
    )
    expect(await transport.send(get({ query: { wait: 60, none: undefined } }))).toEqual({
      name: 'a',
    })
    const [request] = server.received
    expect(request?.url).toBe('/things/1?wait=60')
    expect(request?.headers).toMatchObject({
      authorization: `Bearer ${token}`,
      'user-agent': 'scalr-agent-sdk',
    })
  })

  it('stays below the path of the base URL', async () => {
    const server = await startServer((_request, response) => sendJson(response, 200, { name: 'a' }))
    open.push(server)
    await client(`${server.url}/prefix/`).transport.send(get())
    expect(server.received[0]?.url).toBe('/prefix/things/1')
  })

  it('never sends the token to another origin', async () => {
    const other = await startServer((_request, response) => sendJson(response, 200, { name: 'b' }))
    open.push(other)
    const { transport } = await setUp(() => {})
    await transport.send(get({ path: new URL(`${other.url}/signed?sig=1`) }))
    expect(other.received[0]?.headers.authorization).toBeUndefined()
  })

  it('holds nothing that an inspection would show', async () => {
    const { transport } = await setUp(() => {})
    expect(inspect(transport, { depth: 5, showHidden: true })).not.toContain('c4n4ry')
  })
})

describe('retries', () => {
  it('tries again after 500, 429 and a cut connection, with the same idempotency key', async () => {
    let count = 0
    const { server, transport, clock, retries } = await setUp((_request, response) => {
      count += 1
      if (count === 1) sendJson(response, 500, {})
      else if (count === 2) sendJson(response, 429, {}, { 'retry-after': '7' })
      else if (count === 3) response.destroy()
      else sendJson(response, 200, { name: 'a' })
    })
    await transport.send(get({ method: 'POST', body: '{}', retry: { forMs: 60_000 } }))
    expect(clock.sleeps).toEqual([250, 7500, 1000])
    const keys = server.received.map(({ headers }) => headers['idempotency-key'])
    expect(new Set(keys).size).toBe(1)
    expect(keys[0]).toMatch(/^idem-/u)
    expect(retries.map(({ attempt, path }) => [attempt, path])).toEqual([
      [1, '/things/1'],
      [2, '/things/1'],
      [3, '/things/1'],
    ])
  })

  it('opens a streamed body anew for every attempt', async () => {
    let opened = 0
    const { server, transport } = await setUp((_request, response) =>
      sendJson(response, opened < 3 ? 503 : 200, { name: 'a' }),
    )
    const body = (): Readable => {
      opened += 1
      return Readable.from([Buffer.from('hel'), Buffer.from('lo')])
    }
    await transport.send(get({ method: 'PUT', body, retry: { forMs: 60_000 } }))
    expect(server.received.map((request) => request.body.toString())).toEqual([
      'hello',
      'hello',
      'hello',
    ])
  })

  it.each([400, 401, 403, 404, 409, 410, 422, 501])('takes %d as final', async (status) => {
    const { server, transport } = await setUp((_request, response) =>
      sendJson(response, status, {}),
    )
    const error = await failure(transport.send(get({ retry: { forMs: 60_000 } })))
    expect(error).toMatchObject({ status, retryable: false })
    expect(server.received).toHaveLength(1)
  })

  it('gives up when the time is over, and does not wait beyond it', async () => {
    const { transport, clock } = await setUp((_request, response) => sendJson(response, 503, {}))
    const error = await failure(transport.send(get({ retry: { forMs: 10_000 } })))
    expect(error).toMatchObject({ status: 503, retryable: true })
    expect(clock.monotonicMs()).toBeLessThanOrEqual(10_000)
    expect(clock.sleeps.length).toBeGreaterThan(3)
  })

  it('makes one attempt when no retry was asked for', async () => {
    const { server, transport } = await setUp((_request, response) => sendJson(response, 503, {}))
    await failure(transport.send(get()))
    expect(server.received).toHaveLength(1)
  })

  it('when `safe`: repeats a POST after 429, but not after an answer that may have done something', async () => {
    let count = 0
    const { server, transport } = await setUp((_request, response) => {
      count += 1
      sendJson(response, count === 1 ? 429 : 502, {})
    })
    const call = get({ method: 'POST', body: '{}', retry: { forMs: 60_000, when: 'safe' } })
    expect(await failure(transport.send(call))).toMatchObject({ status: 502 })
    expect(server.received).toHaveLength(2)
  })

  it('ends with the reason of the signal, in a call as in a wait', async () => {
    const { server, transport } = await setUp(() => {})
    const controller = new AbortController()
    const pending = transport.send(get({ signal: controller.signal, retry: { forMs: 60_000 } }))
    await server.receivedAtLeast(1)
    const reason = new Error('stopped by the user')
    controller.abort(reason)
    await expect(pending).rejects.toBe(reason)
  })

  it('does not try again what is wrong on this side: a file that cannot be read', async () => {
    const { transport, retries } = await setUp((_request, response) => sendJson(response, 200, {}))
    const broken = Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' })
    const body = (): Readable =>
      new Readable({
        read() {
          this.destroy(broken)
        },
      })
    await expect(
      transport.send(get({ method: 'PUT', body, retry: { forMs: 60_000 } })),
    ).rejects.toBe(broken)
    expect(retries).toEqual([])
  })
})

describe('a bad answer', () => {
  it('that breaks the schema: call, path and issue are told, values are not (I12)', async () => {
    const { transport } = await setUp((_request, response) =>
      sendJson(response, 200, { name: 5, token: 'c4n4ry', list: ['c4n4ry'] }),
    )
    const error = await failure(transport.send(get()))
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error).toMatchObject({ code: 'INVALID_REPLY' })
    expect(error.message).toMatch(
      /^Cannot fetch the thing \(GET http:\/\/localhost:\d+\/things\/1\): the answer breaks the protocol: name: .*expected string/u,
    )
    expect(error.message).toContain('"name":5')
  })

  it('that is a web page, with 200, 404 and 502', async () => {
    const page = '<!doctype html><html><head><title>Sign in · Example</title></head></html>'
    for (const status of [200, 404, 502]) {
      const { transport } = await setUp((_request, response) => {
        response.writeHead(status, { 'content-type': 'text/html' }).end(page)
      })
      const error = await failure(transport.send(get()))
      expect(error).toBeInstanceOf(status === 200 ? ProtocolError : ApiError)
      expect(error.message).toContain("an HTML page titled 'Sign in · Example'")
      expect(error.message).toContain(status === 502 ? 'gateway' : 'Check the URL')
    }
  })

  it('that redirects is not followed, and its query is not shown', async () => {
    const { server, transport } = await setUp((_request, response) => {
      response.writeHead(302, { location: 'https://login.example.com/oauth?state=c4n4ry' }).end()
    })
    const error = await failure(transport.send(get()))
    expect(error.message).toContain(
      'redirect to https://login.example.com/oauth, which is not followed',
    )
    expect(server.received).toHaveLength(1)
  })

  it('that is too large is not read', async () => {
    const { transport } = await setUp((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const block = Buffer.alloc(64 * 1024, ' ')
      const more = (): void => {
        while (response.write(block));
      }
      response.on('drain', more)
      more()
    })
    const read = get({ read: (answer) => readJson(answer, replySchema, 1024 * 1024) })
    expect(await failure(transport.send(read))).toMatchObject({ code: 'TOO_LARGE' })
  })

  it('that is not JSON, or empty', async () => {
    const { transport } = await setUp((request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      response.end(request.url === '/empty' ? '' : `your token ${token} is fine`)
    })
    const text = await failure(transport.send(get()))
    expect(text.message).toContain('not JSON but begins: your token [redacted] is fine.')
    const empty = await failure(transport.send(get({ path: '/empty' })))
    expect(empty.message).toContain('not JSON but empty')
  })

  it('I12: that breaks off is not quoted', async () => {
    const { transport } = await setUp((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end('{"name":"a","value":"c4n4ry')
    })
    const error = await failure(transport.send(get()))
    expect(error).toMatchObject({ code: 'INVALID_REPLY' })
    expect(error.message).toContain('breaks off')
  })

  it.each([
    [{ statusCode: 404, error: 'Not Found', message: 'Route GET:/x' }, '404 Route GET:/x.'],
    [{ odd: 'c4n4ry' }, '404 Not Found, with {"odd":"<6 characters>"}.'],
  ])('an error of a form of its own: %j', async (body, words) => {
    const { transport } = await setUp((_request, response) => sendJson(response, 404, body))
    expect((await failure(transport.send(get()))).message).toContain(words)
  })

  it('401: the token was refused, and what to do', async () => {
    const { transport } = await setUp((_request, response) =>
      sendJson(response, 401, { errors: [{ title: `Token ${token} is expired` }] }),
    )
    const error = await failure(transport.send(get()))
    expect(error).toBeInstanceOf(AuthenticationError)
    expect(error.message).toMatch(
      /Token \[redacted\] is expired\. The token was refused:.* Make a new one\.$/u,
    )
  })

  it('problem document: type, detail, issues and request id are kept', async () => {
    const problem = {
      type: 'urn:scalr-agent:problem:invalid-request',
      title: 'Invalid request',
      status: 422,
      detail: 'The body is wrong',
      issues: [{ path: 'slots.free', message: 'must be positive' }],
    }
    const { transport } = await setUp((_request, response) =>
      sendJson(response, 422, problem, { 'x-request-id': 'req-1' }),
    )
    const error = await failure(transport.send(get()))
    expect(error).toMatchObject({
      status: 422,
      problemType: problem.type,
      requestId: 'req-1',
      details: [
        { title: 'Invalid request', detail: 'The body is wrong' },
        { pointer: 'slots.free', detail: 'must be positive' },
      ],
    })
    expect(error.message).toContain(
      '422 Invalid request; The body is wrong; slots.free: must be positive',
    )
  })

  it('JSON:API errors: title, detail and pointer are kept', async () => {
    const errors = [
      {
        status: '422',
        title: 'Invalid Attribute',
        detail: 'Name cannot be empty.',
        code: null,
        source: { pointer: '/data/attributes/name' },
        meta: null,
      },
    ]
    const { transport } = await setUp((_request, response) => sendJson(response, 422, { errors }))
    const error = await failure(transport.send(get()))
    expect(error.message).toContain(
      '422 Invalid Attribute: Name cannot be empty. (/data/attributes/name).',
    )
    expect(error).toMatchObject({
      details: [
        {
          title: 'Invalid Attribute',
          detail: 'Name cannot be empty.',
          pointer: '/data/attributes/name',
        },
      ],
    })
  })
})

describe('no answer', () => {
  it('nothing listens there', async () => {
    const { port, close } = await listen(createServer())
    await close()
    const error = await failure(client(`http://localhost:${port}`).transport.send(get()))
    expect(error).toBeInstanceOf(NetworkError)
    expect(error.message).toContain(`nothing listens at localhost:${port} (ECONNREFUSED)`)
  })

  it('the name does not resolve', async () => {
    const error = await failure(client('https://no-such-host.invalid').transport.send(get()))
    expect(error).toMatchObject({ name: 'NetworkError', code: 'DNS' })
  })

  it('the server takes too long', async () => {
    const server = await startServer(() => {})
    open.push(server)
    const { transport } = client(server.url)
    const error = await failure(transport.send(get({ headersTimeoutMs: 100 })))
    expect(error).toBeInstanceOf(TimeoutError)
  })

  it('the answer stops in the middle', async () => {
    const { transport } = await setUp((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"name":')
    })
    const error = await failure(transport.send(get({ bodyTimeoutMs: 100 })))
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error.message).toContain('in the middle of its answer')
  })

  it('what answers does not speak HTTP', async () => {
    const server = createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.9\r\n'))
    const { port, close } = await listen(server)
    open.push({ [Symbol.asyncDispose]: close })
    const error = await failure(client(`http://localhost:${port}`).transport.send(get()))
    expect(error.message).toContain('is not HTTP')
  })

  it('the transport was closed meanwhile: calls end and are not tried again', async () => {
    const { server, transport, retries } = await setUp(() => {})
    const pending = failure(transport.send(get({ retry: { forMs: 3_600_000, persistent: true } })))
    await server.receivedAtLeast(1)
    await transport.close()
    for (const error of [await pending, await failure(transport.send(get()))]) {
      expect(error).toBeInstanceOf(NetworkError)
      expect(error.message).toContain('the client was closed')
    }
    expect(retries).toEqual([])
  })

  it('the transport was closed during a wait: the wait ends', async () => {
    const server = await startServer((_request, response) => sendJson(response, 503, {}))
    open.push(server)
    let waits: () => void = () => {}
    const waiting = new Promise<void>((resolve) => {
      waits = resolve
    })
    const transport = new HttpTransport({
      baseUrl: server.url,
      server: 'the control plane',
      tokenAdvice: '',
      random: () => 1,
      retryTiming: { baseMs: 3_600_000, maxMs: 3_600_000 },
      onRetry: () => waits(),
    })
    const pending = failure(transport.send(get({ retry: { forMs: 10 * 3_600_000 } })))
    await waiting
    await transport.close()
    expect((await pending).message).toContain('the client was closed')
  })
})

it('a body that nobody reads breaks nothing when its connection is cut', async () => {
  const { transport } = await setUp((_request, response) => {
    response.writeHead(200).write('beginning')
    setImmediate(() => response.destroy())
  })
  const body = await transport.send(get({ read: async (answer) => answer.body }))
  await new Promise((resolve) => (body as Readable).once('close', resolve))
})

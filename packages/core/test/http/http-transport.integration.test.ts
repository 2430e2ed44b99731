import { Readable } from 'node:stream'
import { inspect } from 'node:util'

import { describe, expect, it } from 'vitest'

import { sendJson, startServer } from './support/test-server.ts'
import { client, failure, get, open, setUp, token } from './support/transport-fixture.ts'

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

import { createServer } from 'node:net'
import type { Readable } from 'node:stream'

import { describe, expect, it } from 'vitest'

import { NetworkError, TimeoutError } from '../../src/errors/index.ts'
import { HttpTransport } from '../../src/http/index.ts'
import { listen, sendJson, startServer } from './support/test-server.ts'
import { client, failure, get, open, setUp } from './support/transport-fixture.ts'

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

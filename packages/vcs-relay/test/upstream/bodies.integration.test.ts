import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'

import { describe, expect, it } from 'vitest'

import {
  createVcsHandler,
  type RelayAnswer,
  type VcsHandler,
  type VcsHandlerOptions,
} from '../../src/index.ts'
import { ask } from '../support/ask.ts'
import { RawServer } from '../support/raw-server.ts'

const refs = '/acme/infra.git/info/refs?service=git-upload-pack'
const pack = '/acme/infra.git/git-upload-pack'
const packHeaders = [['content-type', 'application/x-git-upload-pack-request']] as const

function gitea(url: string, options: Partial<VcsHandlerOptions> = {}): VcsHandler {
  return createVcsHandler({ kind: 'gitea', url, credentials: { type: 'none' }, ...options })
}

function open(handler: VcsHandler, signal = new AbortController().signal): Promise<RelayAnswer> {
  return handler.handle(
    { id: 'r', vcs: 'v', method: 'GET', target: refs, headers: [], lane: 'bulk' },
    { signal },
  )
}

describe('bodies of answers', () => {
  it('stream: the first bytes are here before the last are sent', async () => {
    let finish = (): void => {}
    await using server = await RawServer.listen((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n')
      finish = () => socket.write('4\r\nlast\r\n0\r\n\r\n')
    })
    await using handler = gitea(server.url)
    const { body } = await open(handler)
    const chunks: string[] = []
    body?.on('data', (chunk: Buffer) => chunks.push(chunk.toString()))
    if (body === undefined) throw new Error('no body')
    await once(body, 'data')
    expect(chunks).toEqual(['first'])
    finish()
    await once(body, 'end')
    expect(chunks).toEqual(['first', 'last'])
  })

  it('hold the server back while nobody reads', async () => {
    const block = randomBytes(1024 * 1024)
    let sent = 0
    await using server = await RawServer.listen((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${64 * block.length}\r\n\r\n`)
      const write = (): void => {
        while (sent < 64) {
          sent += 1
          if (!socket.write(block)) {
            socket.once('drain', write)
            return
          }
        }
      }
      write()
    })
    await using handler = gitea(server.url)
    const { body } = await open(handler)
    if (body === undefined) throw new Error('no body')
    await once(body, 'readable')
    for (let round = 0; round < 2000; round++) await turn()
    // What the sockets of the machine hold, and no more.
    expect(sent).toBeLessThan(32)
    let bytes = 0
    for await (const chunk of body) bytes += (chunk as Buffer).length
    expect(bytes).toBe(64 * block.length)
  })

  it.each([
    ['with a length', 'Content-Length: 100\r\n\r\nonly this'],
    ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\n'],
    ['in the middle of a chunk', 'Transfer-Encoding: chunked\r\n\r\nff\r\nonly this'],
  ])('that end early are broken off, never a clean end: %s', async (_what, rest) => {
    let cut = (): void => {}
    await using server = await RawServer.listen((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n${rest}`)
      cut = () => socket.end()
    })
    await using handler = gitea(server.url)
    const { body } = await open(handler)
    if (body === undefined) throw new Error('no body')
    let ended = false
    body.on('end', () => (ended = true))
    const [chunk] = (await once(body, 'data')) as [Buffer]
    expect(chunk.toString()).toBe('only this')
    cut()
    await expect(once(body, 'close')).rejects.toThrow()
    expect(ended).toBe(false)
  })

  it('that stand still are broken off', async () => {
    await using server = await RawServer.listen((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this'),
    )
    await using handler = gitea(server.url, { idleTimeoutMs: 300 })
    const { body } = await open(handler)
    if (body === undefined) throw new Error('no body')
    body.resume()
    await expect(once(body, 'end')).rejects.toMatchObject({ code: 'UND_ERR_BODY_TIMEOUT' })
  })

  it('are let go when the caller gives up', async () => {
    await using server = await RawServer.listen((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this'),
    )
    await using handler = gitea(server.url)
    const controller = new AbortController()
    const { body } = await open(handler, controller.signal)
    if (body === undefined) throw new Error('no body')
    controller.abort(new Error('the caller has gone'))
    await expect(once(body, 'end')).rejects.toThrow('the caller has gone')
  })
})

describe('the beginning of an answer', () => {
  it('is waited for, but not forever: the VCS may have seen the request', async () => {
    await using server = await RawServer.listen(() => {})
    await using handler = gitea(server.url, { firstByteTimeoutMs: 300 })
    const asked = await ask(handler, refs)
    expect(asked).toMatchObject({ origin: 'agent', status: 504 })
    expect(asked.problem).toMatchObject({
      type: 'urn:scalr-agent:problem:vcs-timeout',
      fate: 'unknown',
    })
  })

  it('does not come when the VCS breaks off: a GET is tried once more', async () => {
    await using server = await RawServer.listen((socket) => {
      if (server.requests.length === 1) socket.destroy()
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
    await using handler = gitea(server.url)
    expect(await ask(handler, refs)).toMatchObject({ status: 200, text: 'ok' })
    expect(server.requests).toHaveLength(2)
  })

  it('does not come: a POST is never sent twice, and its fate is told', async () => {
    await using server = await RawServer.listen((socket) => socket.destroy())
    await using handler = gitea(server.url)
    const asked = await ask(handler, pack, { method: 'POST', headers: packHeaders, body: '0000' })
    expect(asked).toMatchObject({ origin: 'agent', status: 502 })
    expect(asked.problem).toMatchObject({
      type: 'urn:scalr-agent:problem:vcs-broken',
      fate: 'unknown',
    })
    expect(server.requests).toHaveLength(1)
  })

  it('cannot come when nothing listens: the request never ran', async () => {
    const server = await RawServer.listen()
    await server[Symbol.asyncDispose]()
    await using handler = gitea(server.url)
    const asked = await ask(handler, pack, { method: 'POST', headers: packHeaders, body: '0000' })
    expect(asked.problem).toMatchObject({
      type: 'urn:scalr-agent:problem:vcs-unreachable',
      fate: 'never-ran',
    })
  })

  it('is not waited for when the caller gives up', async () => {
    const controller = new AbortController()
    await using server = await RawServer.listen(() =>
      controller.abort(new Error('the caller has gone')),
    )
    await using handler = gitea(server.url)
    await expect(ask(handler, refs, { signal: controller.signal })).rejects.toThrow(
      'the caller has gone',
    )
  })
})

describe('bodies of requests', () => {
  it('stream as they come, gzip and all', async () => {
    const body = new PassThrough()
    const begin = Buffer.from([0x1f, 0x8b, 0x08])
    let received = Buffer.alloc(0)
    let hasBegun = (): void => {}
    const begun = new Promise<void>((resolve) => (hasBegun = resolve))
    await using server = await RawServer.listen((socket, { rest }) => {
      const take = (chunk: Buffer): void => {
        received = Buffer.concat([received, chunk])
        if (received.includes(begin)) hasBegun()
        if (received.includes('\r\n0\r\n\r\n')) {
          socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
        }
      }
      socket.removeAllListeners('data')
      socket.on('data', take)
      take(rest)
    })
    await using handler = gitea(server.url)
    const asked = ask(handler, pack, {
      method: 'POST',
      headers: [...packHeaders, ['content-encoding', 'gzip']],
      body,
    })
    body.write(begin)
    await begun
    body.end(Buffer.from([0xff]))
    expect(await asked).toMatchObject({ status: 200, text: 'ok' })
    expect(server.requests[0]?.headLines).toContain('content-encoding: gzip')
    expect(server.requests[0]?.headLines).toContain('transfer-encoding: chunked')
  })

  it('keep the length that was told', async () => {
    await using server = await RawServer.listen()
    await using handler = gitea(server.url)
    const headers = [...packHeaders, ['Content-Length', '4']] as const
    expect(await ask(handler, pack, { method: 'POST', headers, body: '0000' })).toMatchObject({
      status: 200,
    })
    expect(server.requests[0]?.headLines).toContain('content-length: 4')
  })

  it.each([
    ['too short', '00'],
    ['too long', '0000000'],
  ])('that are %s for their length never reach the VCS as whole', async (_what, body) => {
    let received = ''
    await using server = await RawServer.listen(
      (_socket, { rest }) => (received += rest.toString()),
    )
    await using handler = gitea(server.url)
    const headers = [...packHeaders, ['content-length', '4']] as const
    const asked = await ask(handler, pack, { method: 'POST', headers, body })
    expect(asked).toMatchObject({ origin: 'agent', status: 502 })
    expect(received.length).toBeLessThan(4)
  })

  it.each([
    ['break off', (body: PassThrough) => body.destroy(new Error('the gateway has gone'))],
    ['end without an end', (body: PassThrough) => body.destroy()],
    ['stand still', () => {}],
  ])('that %s cut the connection to the VCS', async (_what, spoil) => {
    const body = new PassThrough()
    body.write('0000')
    let closed: Promise<unknown> | undefined
    await using server = await RawServer.listen((socket) => {
      closed = once(socket, 'close')
      spoil(body)
    })
    await using handler = gitea(server.url, { idleTimeoutMs: 300 })
    const asked = await ask(handler, pack, { method: 'POST', headers: packHeaders, body })
    expect(asked).toMatchObject({ origin: 'agent' })
    expect(asked.problem.fate).toBe('unknown')
    await closed
    expect(body.destroyed).toBe(true)
  })

  it('are let go when the request is refused', async () => {
    await using server = await RawServer.listen()
    await using handler = gitea(server.url)
    const body = new Readable({ read() {} })
    const asked = await ask(handler, '/acme/infra.git/git-receive-pack', { method: 'POST', body })
    expect(asked).toMatchObject({ status: 403 })
    expect(asked.problem).toMatchObject({ step: 'git-push', fate: 'never-ran' })
    expect(body.destroyed).toBe(true)
    expect(server.requests).toEqual([])
  })
})

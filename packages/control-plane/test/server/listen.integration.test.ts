import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

import { describe, expect, it } from 'vitest'

import { silentLogger } from '../../src/runtime/index.ts'
import { closeServer, listen, makeServer } from '../../src/server/listen.ts'

interface Listening extends AsyncDisposable {
  connect(): Promise<Socket>
}

/** Answers with the size of the body once it is there. */
const countBody: RequestListener = (request, response) => {
  let bytes = 0
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength
  })
  request.on('end', () => response.end(`${bytes} bytes`))
}

async function start(idleMs: number, handler: RequestListener = countBody): Promise<Listening> {
  const server = makeServer(handler, {
    tls: undefined,
    idleMs,
    headersMs: 300,
    checkEveryMs: 20,
  })
  const port = await listen(server, { host: '127.0.0.1', port: 0 })
  const sockets: Socket[] = []
  return {
    connect: async () => {
      const socket = connect(port, '127.0.0.1')
      sockets.push(socket)
      await once(socket, 'connect')
      return socket
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await closeServer(server, { graceMs: 1000, logger: silentLogger })
    },
  }
}

/** All that comes until the server ends the connection. */
async function readToEnd(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk.toString()
  })
  await once(socket, 'close')
  return text
}

describe('a connection', () => {
  it('is not cut while a body arrives, however slowly', async () => {
    await using server = await start(2000)
    const socket = await server.connect()
    const answer = readToEnd(socket)
    socket.write('PUT / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 10\r\n\r\n')
    for (let index = 0; index < 10; index += 1) {
      await delay(100)
      socket.write('x')
    }
    expect(await answer).toMatch(/^HTTP\/1\.1 200 [^]*10 bytes/u)
  })

  it('has no deadline for a whole request, which would cut long uploads', () => {
    const server = makeServer(countBody, { tls: undefined, idleMs: 1 })
    expect(server.requestTimeout).toBe(0)
    expect(server.timeout).toBe(1)
  })

  it('is not cut while an answer is long in coming', async () => {
    await using server = await start(10_000, (_request, response) => {
      setTimeout(() => response.end('at last'), 1000)
    })
    const socket = await server.connect()
    const answer = readToEnd(socket)
    socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    expect(await answer).toContain('at last')
  })

  it('is cut when nothing arrives any more', async () => {
    await using server = await start(100)
    const socket = await server.connect()
    socket.write('PUT / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nx')
    expect(await readToEnd(socket)).not.toContain('200')
  })

  it('is cut when the headers are not there in time', async () => {
    await using server = await start(60_000)
    const socket = await server.connect()
    socket.write('PUT / HTTP/1.1\r\nhost: x\r\n')
    expect(await readToEnd(socket)).toMatch(/^HTTP\/1\.1 408 /u)
  })
})

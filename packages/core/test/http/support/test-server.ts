import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Server, Socket } from 'node:net'

import type { Identity } from './certificates.ts'

/** A request that arrived, with its whole body. */
export interface Received {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

export type Handler = (received: Received, response: ServerResponse) => void | Promise<void>

/** A real server on a loopback port, which keeps what it received. */
export interface TestServer extends AsyncDisposable {
  readonly port: number
  /** `http(s)://localhost:<port>` */
  readonly url: string
  readonly received: readonly Received[]
  /** Waits until that many requests have arrived. */
  receivedAtLeast(count: number): Promise<void>
}

export async function startServer(handler: Handler, identity?: Identity): Promise<TestServer> {
  const received: Received[] = []
  const waiting: { count: number; resolve: () => void }[] = []
  const listener = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = []
    request.on('error', () => {})
    for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array))
    const entry: Received = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks),
    }
    received.push(entry)
    for (const { count, resolve } of waiting) if (received.length >= count) resolve()
    await handler(entry, response)
  }
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    listener(request, response).catch(() => response.destroy())
  }
  const server: Server =
    identity === undefined ? createServer(onRequest) : createTlsServer(identity, onRequest)
  const { port, close } = await listen(server)
  return {
    port,
    url: `${identity === undefined ? 'http' : 'https'}://localhost:${port}`,
    received,
    receivedAtLeast: (count) =>
      received.length >= count
        ? Promise.resolve()
        : new Promise((resolve) => waiting.push({ count, resolve })),
    [Symbol.asyncDispose]: close,
  }
}

/** Listens on a free loopback port; closing cuts every connection. */
export async function listen(
  server: Server,
): Promise<{ readonly port: number; readonly close: () => Promise<void> }> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(value))
}

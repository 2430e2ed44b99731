import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import type { HeaderPairs, RelayHandler } from '../../src/index.ts'

/** An HTTP server whose requests all go through a handler: where real clients are pointed to. */
export class LoopbackRelay implements AsyncDisposable {
  readonly url: string
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  static async listen(handler: RelayHandler): Promise<LoopbackRelay> {
    const server = createServer((request, response) => {
      carry(handler, request, response).catch(() => response.destroy())
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new LoopbackRelay(server)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

let requests = 0

async function carry(
  handler: RelayHandler,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const controller = new AbortController()
  response.on('close', () => {
    if (!response.writableFinished) controller.abort(new Error('the client has gone'))
  })
  const { headers } = request
  const hasBody =
    headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  requests += 1
  const answer = await handler.handle(
    {
      id: `loopback-${requests}`,
      vcs: 'main',
      method: request.method ?? 'GET',
      target: request.url ?? '/',
      // The framing is this server's business, not that of the envelope.
      headers: pairs(request.rawHeaders).filter(
        ([name]) => name.toLowerCase() !== 'transfer-encoding',
      ),
      lane: request.url?.includes('git-upload-pack') === true ? 'bulk' : 'api',
      // A handler that lets go of the body must not take the client's connection with it.
      body: hasBody ? request.pipe(new PassThrough()) : undefined,
    },
    { signal: controller.signal },
  )
  const own = `http://${headers.host ?? ''}`
  for (const [name, value] of answer.headers) {
    response.appendHeader(
      name,
      name.toLowerCase() === 'link' ? value.replaceAll('</', `<${own}/`) : value,
    )
  }
  response.writeHead(answer.status)
  if (answer.body === undefined) response.end()
  else await pipeline(answer.body, response)
}

function pairs(raw: readonly string[]): HeaderPairs {
  return raw.flatMap((name, index) =>
    index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as const] : [],
  )
}

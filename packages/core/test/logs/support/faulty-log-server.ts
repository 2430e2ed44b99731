import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the server does to one append. `cut-*` closes the socket; `hang` never answers. */
export type Fault = 'none' | '503' | '503-after' | 'cut-before' | 'cut-after' | 'cut-half' | 'hang'

export interface FaultyLogServer extends AsyncDisposable {
  readonly url: string
  readonly content: () => Buffer
  readonly digest: () => string
  readonly faults: () => number
}

/** Holds one log at `/log`, appends by offset as the protocol says, and fails as `nextFault` tells. */
export async function faultyLogServer(nextFault: () => Fault): Promise<FaultyLogServer> {
  const pieces: Buffer[] = []
  let size = 0
  let faults = 0
  const append = (bytes: Buffer) => {
    pieces.push(bytes)
    size += bytes.length
  }
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const fault = nextFault()
    if (fault !== 'none') faults++
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    if (fault === 'hang') return
    if (fault === 'cut-before') return void request.socket.destroy()
    if (fault === '503') return void response.writeHead(503).end()
    const matches = Number(request.headers['upload-offset'] ?? size) === size
    if (request.method === 'PATCH' && matches) {
      append(fault === 'cut-half' ? body.subarray(0, body.length >> 1) : body)
    }
    if (fault === 'cut-after' || fault === 'cut-half') return void request.socket.destroy()
    if (fault === '503-after') return void response.writeHead(503).end()
    response.writeHead(request.method === 'PATCH' && !matches ? 409 : 200)
    response.end(JSON.stringify({ offset: size }))
  }
  const server = createServer((request, response) => {
    handle(request, response).catch(() => request.socket.destroy())
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/log`,
    content: () => Buffer.concat(pieces),
    digest: () => {
      const hash = createHash('sha256')
      for (const piece of pieces) hash.update(piece)
      return `sha-256=:${hash.digest('base64')}:`
    },
    faults: () => faults,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => {
        server.close(resolve)
      })
    },
  }
}

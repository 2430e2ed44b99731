import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'

/** What the proxy does wrong. */
export interface ProxyFaults {
  /** `plain`: sends upgrades on as plain requests. `hang`: upgrades, and then lets nothing through. */
  readonly webSocket?: 'plain' | 'hang'
  /** Takes whole bodies before it sends them on, both ways. */
  readonly buffers?: boolean
  /** Answers that it cuts before anything of them comes through. */
  cutAnswers?: number
  /** Cuts connections on which nothing moved for that long. */
  readonly idleMs?: number
}

/** A reverse proxy as it may stand before a control plane, with the faults that such proxies have. */
export class ReverseProxy implements AsyncDisposable {
  readonly url: string
  /** Connections that were cut since they were idle. */
  idleCuts = 0
  /** WebSockets that were tried. */
  upgrades = 0
  readonly #close: () => Promise<void>

  private constructor(url: string, close: () => Promise<void>) {
    this.url = url
    this.#close = close
  }

  static async start(backendPort: number, faults: ProxyFaults = {}): Promise<ReverseProxy> {
    const server = createServer((request, response) => {
      if (faults.cutAnswers !== undefined && request.url?.endsWith('/answer') === true) {
        faults.cutAnswers -= 1
        if (faults.cutAnswers >= 0) {
          request.socket.destroy()
          return
        }
      }
      const backend = httpRequest({
        port: backendPort,
        host: '127.0.0.1',
        method: request.method,
        path: request.url,
        headers: request.headers,
      })
      backend.on('response', (answer) => {
        const send = (): void => {
          response.writeHead(answer.statusCode ?? 500, answer.headers)
        }
        if (faults.buffers === true) {
          void whole(answer).then(
            (body) => {
              send()
              response.end(body)
            },
            () => response.destroy(),
          )
        } else {
          send()
          response.flushHeaders()
          answer.pipe(response)
          answer.on('error', () => response.destroy())
        }
      })
      backend.on('error', () => response.destroy())
      response.on('close', () => {
        if (!response.writableFinished) backend.destroy()
      })
      if (faults.buffers === true) {
        void whole(request).then(
          (body) => backend.end(body),
          () => backend.destroy(),
        )
      } else request.pipe(backend)
    })
    server.requestTimeout = 0
    const sockets = new Set<Socket>()
    server.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      if (faults.idleMs === undefined) return
      cutWhenIdle(socket, faults.idleMs, () => (proxy.idleCuts += 1))
    })
    server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
      proxy.upgrades += 1
      if (faults.webSocket === 'plain') {
        socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n')
        return
      }
      const backend = connect(backendPort, '127.0.0.1')
      sockets.add(backend)
      backend.on('close', () => socket.destroy())
      backend.on('error', () => {})
      socket.on('close', () => backend.destroy())
      socket.on('error', () => {})
      const lines = Object.entries(request.headers).map(
        ([name, value]) => `${name}: ${String(value)}`,
      )
      backend.write(`GET ${request.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
      backend.write(head)
      if (faults.webSocket === 'hang') backend.once('data', (chunk) => socket.write(chunk))
      else {
        backend.pipe(socket)
        socket.pipe(backend)
      }
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const proxy = new ReverseProxy(`http://localhost:${port}`, async () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    })
    return proxy
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close()
  }
}

/**
 * By the bytes that moved: node's own time-outs of sockets are the HTTP server's to set. It counts its own looks,
 * so that a pause of this process, in which nothing could move, is no idleness.
 */
function cutWhenIdle(socket: Socket, idleMs: number, onCut: () => void): void {
  let [moved, idleLooks] = [0, 0]
  const timer = setInterval(() => {
    const now = socket.bytesRead + socket.bytesWritten
    if (now !== moved) [moved, idleLooks] = [now, 0]
    else {
      idleLooks += 1
      if (idleLooks < 10) return
      onCut()
      socket.destroy()
    }
  }, idleMs / 10)
  socket.on('close', () => clearInterval(timer))
}

async function whole(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

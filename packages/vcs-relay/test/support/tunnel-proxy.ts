import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { Transform } from 'node:stream'

/** A proxy for CONNECT, as companies have them; a slow line where asked for. */
export class TunnelProxy implements AsyncDisposable {
  readonly url: string
  /** What it was asked to connect to. */
  readonly targets: string[] = []
  readonly #close: () => void

  private constructor(url: string, close: () => void) {
    this.url = url
    this.#close = close
  }

  /** @param options.delayMs one way */
  static async start(options: {
    readonly port: number
    readonly delayMs?: number
  }): Promise<TunnelProxy> {
    const sockets = new Set<Socket>()
    const server = createServer((_request, response) => response.writeHead(405).end())
    server.on('connect', (request, client: Socket) => {
      proxy.targets.push(request.url ?? '')
      // Names are the proxy's to resolve; all of them are this machine.
      const backend = connect(options.port, '127.0.0.1')
      for (const socket of [client, backend]) {
        sockets.add(socket)
        socket.setNoDelay(true)
        socket.on('error', () => {})
        socket.on('close', () => sockets.delete(socket))
      }
      client.on('close', () => backend.destroy())
      backend.on('close', () => client.destroy())
      backend.once('connect', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n')
        const delayMs = options.delayMs ?? 0
        client.pipe(slow(delayMs)).pipe(backend)
        backend.pipe(slow(delayMs)).pipe(client)
      })
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const proxy = new TunnelProxy(
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      () => {
        server.close()
        for (const socket of sockets) socket.destroy()
      },
    )
    return proxy
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close()
  }
}

/** As a long line does: everything later, nothing slower. */
function slow(delayMs: number): Transform {
  return new Transform({
    highWaterMark: 64 * 1024 * 1024,
    transform(chunk, _encoding, callback) {
      if (delayMs === 0) {
        callback(null, chunk)
        return
      }
      setTimeout(() => this.push(chunk), delayMs)
      callback()
    },
    flush(callback) {
      setTimeout(callback, delayMs)
    },
  })
}

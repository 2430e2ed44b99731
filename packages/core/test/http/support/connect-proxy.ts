import { createServer } from 'node:http'
import { connect } from 'node:net'

import { listen } from './test-server.ts'

export interface ConnectProxy extends AsyncDisposable {
  readonly port: number
  readonly url: string
  /** `host:port` of every CONNECT. */
  readonly asked: readonly string[]
  readonly authorizations: readonly (string | undefined)[]
}

/** A real forward proxy: tunnels everything to loopback, whatever the host is called. */
export async function startConnectProxy(
  options: { readonly refuseWith?: number } = {},
): Promise<ConnectProxy> {
  const asked: string[] = []
  const authorizations: (string | undefined)[] = []
  const server = createServer((_request, response) => response.writeHead(400).end())
  server.on('connect', (request, socket, head) => {
    asked.push(request.url ?? '')
    authorizations.push(request.headers['proxy-authorization'])
    if (options.refuseWith !== undefined) {
      socket.end(`HTTP/1.1 ${options.refuseWith} No\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    const port = Number(/:(\d+)$/u.exec(request.url ?? '')?.[1])
    const upstream = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      upstream.write(head)
      upstream.pipe(socket).pipe(upstream)
    })
    upstream.on('error', () => socket.destroy())
    socket.on('error', () => upstream.destroy())
  })
  const { port, close } = await listen(server)
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    asked,
    authorizations,
    [Symbol.asyncDispose]: close,
  }
}

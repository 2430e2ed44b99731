import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http'
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

import { ControlPlaneError, errorCode, type Logger } from '../runtime/index.ts'

export interface TlsMaterial {
  readonly key: string | Buffer
  readonly cert: string | Buffer
}

/** Makes one server; every address gets its own. */
export function makeServer(
  handler: RequestListener,
  options: {
    readonly tls: TlsMaterial | undefined
    /** A connection on which nothing moved for this long is cut; above the longest wait of a poll. */
    readonly idleMs: number
    /** Time for the headers of a request. @default 60 s */
    readonly headersMs?: number
    /** How often that is looked at. @default 30 s */
    readonly checkEveryMs?: number
  },
): Server | HttpsServer {
  const { tls } = options
  const checks = { connectionsCheckingInterval: options.checkEveryMs ?? 30_000 }
  const server =
    tls === undefined
      ? createHttpServer(checks, handler)
      : createHttpsServer({ ...checks, ...tls, minVersion: 'TLSv1.2' }, handler)
  // A body may take as long as it needs while bytes flow: idleness ends a connection, not a deadline.
  server.requestTimeout = 0
  server.headersTimeout = options.headersMs ?? 60_000
  server.timeout = options.idleMs
  server.keepAliveTimeout = 72_000
  return server
}

/** @returns the port. @throws {@link ControlPlaneError} `PORT_IN_USE`, `LISTEN_FAILED` */
export async function listen(
  server: Server,
  options: { readonly host: string; readonly port: number },
): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host: options.host, port: options.port }, () => {
        server.off('error', reject)
        resolve()
      })
    })
  } catch (error) {
    throw listenError(error, options)
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server has an address object
  return (server.address() as AddressInfo).port
}

/** Lets open requests end, then cuts what is left. */
export async function closeServer(
  server: Server,
  options: { readonly graceMs: number; readonly logger: Logger },
): Promise<void> {
  if (!server.listening) return
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      options.logger.warn({}, 'Requests were still open at the end of the stop; they were cut')
      server.closeAllConnections()
    }, options.graceMs)
    // A connection whose answer was just sent becomes idle a moment later, and nobody closes it then.
    const idle = setInterval(() => server.closeIdleConnections(), 20)
    server.close(() => {
      clearTimeout(timer)
      clearInterval(idle)
      resolve()
    })
    server.closeIdleConnections()
  })
}

function listenError(
  error: unknown,
  options: { readonly host: string; readonly port: number },
): ControlPlaneError {
  const { host, port } = options
  switch (errorCode(error) ?? '') {
    case 'EADDRINUSE':
      return new ControlPlaneError(
        `Cannot listen on ${host} port ${port}: the port is in use. Stop what uses it, choose another ` +
          'port, or set `port: 0` for any free one.',
        { code: 'PORT_IN_USE', cause: error },
      )
    case 'EACCES':
      return new ControlPlaneError(
        `Cannot listen on ${host} port ${port}: this user may not. Choose a port above 1023.`,
        { code: 'LISTEN_FAILED', cause: error },
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new ControlPlaneError(`Cannot listen on ${host}: this machine has no such address.`, {
        code: 'LISTEN_FAILED',
        cause: error,
      })
    default:
      return new ControlPlaneError(
        `Cannot listen on ${host} port ${port}: ${error instanceof Error ? error.message : String(error)}`,
        { code: 'LISTEN_FAILED', cause: error },
      )
  }
}

import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'

import { ConfigurationError } from '@scalr-agent/core'

/** A listening server; disposing it lets open requests end. */
export interface Listening extends AsyncDisposable {
  readonly url: string
}

const limits = { headersTimeout: 10_000, requestTimeout: 30_000, maxHeaderSize: 16 * 1024 }
const closeMs = 2000

/** @throws ConfigurationError when it cannot listen there */
export async function listen(
  handler: RequestListener,
  {
    host,
    port,
    tls,
  }: {
    readonly host: string
    readonly port: number
    readonly tls?: ServerOptions | undefined
  },
): Promise<Listening> {
  const server =
    tls === undefined
      ? createServer(limits, handler)
      : createTlsServer({ ...limits, ...tls }, handler)
  server.maxConnections = 1000
  try {
    await once(server.listen(port, host), 'listening')
  } catch (cause) {
    throw new ConfigurationError(
      `Cannot listen on ${host} port ${port}: ${cause instanceof Error ? cause.message : String(cause)}. Choose another address or port.`,
      { cause },
    )
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server has an address object
  const { port: own } = server.address() as AddressInfo
  const name = host.includes(':') ? `[${host}]` : host
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${name}:${own}`,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeIdleConnections()
      const timer = setTimeout(() => server.closeAllConnections(), closeMs)
      await closed
      clearTimeout(timer)
    },
  }
}

import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

import { ConfigurationError } from '@scalr-agent/core'

import { headerLimits } from './header-lines.ts'
import type { WebhookListener } from './webhook-listener.ts'

export interface WebhookServerOptions {
  readonly listener: Pick<WebhookListener, 'handle'>
  /** Address to listen on. @default '127.0.0.1' */
  readonly host?: string
  /** `0`: any free one. */
  readonly port: number
  /** Certificate and key in PEM; without them plain HTTP, as behind a proxy that ends TLS. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer }
  /** Time for the headers of a request. @default 10 s */
  readonly headersMs?: number
  /** Time for open requests when it is closed. @default 5 s */
  readonly closeMs?: number
}

/** A listening server of webhooks. */
export interface WebhookServer extends AsyncDisposable {
  /** Without a trailing slash. */
  readonly url: string
  close(): Promise<void>
}

/** Listens for webhooks. @throws ConfigurationError when it cannot listen there */
export async function startWebhookServer(options: WebhookServerOptions): Promise<WebhookServer> {
  const { listener, host = '127.0.0.1', tls } = options
  const limits = {
    // Somewhat more than the listener takes, so that most of what is too large gets its answer.
    maxHeaderSize: headerLimits.bytes * 2,
    headersTimeout: options.headersMs ?? 10_000,
    // The listener has limits of its own for bodies.
    requestTimeout: 0,
    keepAliveTimeout: 30_000,
    connectionsCheckingInterval: Math.min(options.headersMs ?? 10_000, 5000),
  }
  const handle: Parameters<typeof createHttpServer>[1] = (request, response) => {
    void listener.handle(request, response)
  }
  const server =
    tls === undefined
      ? createHttpServer(limits, handle)
      : createHttpsServer({ ...limits, ...tls, minVersion: 'TLSv1.2' }, handle)
  // What is refused by its headers is refused before its body is sent.
  server.on('checkContinue', handle)
  server.maxConnections = 1000
  await listen(server, host, options.port)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server has an address object
  const { port } = server.address() as AddressInfo
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => (closing ??= closeServer(server, options.closeMs ?? 5000))
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    close,
    [Symbol.asyncDispose]: close,
  }
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port }, () => {
        server.off('error', reject)
        resolve()
      })
    })
  } catch (cause) {
    throw new ConfigurationError(
      `Cannot listen for webhooks on ${host} port ${port}: ${cause instanceof Error ? cause.message : String(cause)}. Choose another address or port.`,
      { cause },
    )
  }
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), graceMs)
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

import type { IncomingMessage, ServerResponse } from 'node:http'

import type { Logger } from '../runtime/index.ts'
import { AddressList, senderAddress } from './address-list.ts'
import { textOf, type Receiver, type ReceiverAnswer } from './answer.ts'
import { clientNames } from './server-tls.ts'

/** Most time that a sender may take for its body. */
const bodyTimeoutMs = 10_000

/** For Node's own `http` and `https` servers. @throws `ConfigurationError` for a proxy that is no address */
export function toNodeHandler(
  receive: Receiver,
  options: {
    readonly logger?: Logger
    /** Proxies of yours, whose `X-Forwarded-For` is believed. @default none: the peer is the sender */
    readonly trustedProxies?: readonly string[]
  } = {},
): (request: IncomingMessage, response: ServerResponse) => void {
  const trustedProxies = new AddressList(options.trustedProxies ?? [])
  return (request, response) => {
    // A sender that leaves while it is answered is no fault of ours.
    response.on('error', () => {})
    const send = (answer: ReceiverAnswer): void => {
      // What was not read is not waited for.
      const more = request.complete ? {} : { connection: 'close' }
      response.writeHead(answer.status, { ...answer.headers, ...more }).end(textOf(answer))
    }
    receive({
      method: request.method ?? '',
      path: (request.url ?? '').replace(/\?.*$/u, ''),
      header: (name) => headerOf(request, name),
      remoteAddress: senderAddress(
        request.socket.remoteAddress,
        headerOf(request, 'x-forwarded-for'),
        trustedProxies,
      ),
      clientNames: clientNames(request.socket),
      readBody: async (maxBytes) => await readBounded(request, maxBytes),
    }).then(send, (error: unknown) => {
      options.logger?.error({ err: error }, 'Could not take a webhook')
      if (!response.headersSent) send(failed)
    })
  }
}

/** For hosts that speak `fetch`: Deno, Bun, workers, frameworks. */
export function toFetchHandler(
  receive: Receiver,
  options: {
    readonly logger?: Logger
    /** Of the peer; needed for an allow-list. */
    readonly remoteAddress?: (request: Request) => string | undefined
    /** Of the certificate that the peer proved to have; needed for allowed names. */
    readonly clientNames?: (request: Request) => readonly string[]
  } = {},
): (request: Request) => Promise<Response> {
  return async (request) => {
    let answer: ReceiverAnswer
    try {
      answer = await receive({
        method: request.method,
        path: new URL(request.url).pathname,
        header: (name) => request.headers.get(name) ?? undefined,
        remoteAddress: options.remoteAddress?.(request),
        clientNames: options.clientNames?.(request) ?? [],
        readBody: async (maxBytes) => await readBounded(request.body ?? [], maxBytes),
      })
    } catch (error) {
      options.logger?.error({ err: error }, 'Could not take a webhook')
      answer = failed
    }
    const { status, headers } = answer
    return new Response(textOf(answer), { status, headers })
  }
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name.toLowerCase()]
  return Array.isArray(value) ? value[0] : value
}

const failed: ReceiverAnswer = {
  status: 500,
  headers: { 'content-type': 'application/problem+json' },
  body: { title: 'The task could not be kept. Try again.', status: 500 },
}

async function readBounded(
  source: AsyncIterable<unknown> | Iterable<unknown>,
  maxBytes: number,
): Promise<Uint8Array | 'too-long' | 'too-slow'> {
  const chunks: Uint8Array[] = []
  let length = 0
  const reading = (async (): Promise<Uint8Array | 'too-long'> => {
    for await (const chunk of source) {
      if (!(chunk instanceof Uint8Array)) continue
      length += chunk.byteLength
      if (length > maxBytes) return 'too-long'
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  })()
  reading.catch(() => {})
  const { promise: late, resolve } = Promise.withResolvers<'too-slow'>()
  const timer = setTimeout(() => resolve('too-slow'), bodyTimeoutMs)
  try {
    return await Promise.race([reading, late])
  } finally {
    clearTimeout(timer)
  }
}

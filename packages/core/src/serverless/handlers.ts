import type { IncomingMessage, ServerResponse } from 'node:http'

import type { Logger } from '../runtime/index.ts'
import type { Receiver, ReceiverAnswer } from './receiver.ts'

/** Most time that a sender may take for its body. */
const bodyTimeoutMs = 10_000

/** For Node's own `http` and `https` servers. */
export function toNodeHandler(
  receive: Receiver,
  options: { readonly logger?: Logger } = {},
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const send = ({ status, headers, body }: ReceiverAnswer): void => {
      // What was not read is not waited for.
      const more = request.complete ? {} : { connection: 'close' }
      response.writeHead(status, { ...headers, ...more }).end(`${JSON.stringify(body)}\n`)
    }
    receive({
      method: request.method ?? '',
      path: (request.url ?? '').replace(/\?.*$/u, ''),
      header: (name) => {
        const value = request.headers[name.toLowerCase()]
        return Array.isArray(value) ? value[0] : value
      },
      remoteAddress: request.socket.remoteAddress,
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
        readBody: async (maxBytes) => await readBounded(request.body ?? [], maxBytes),
      })
    } catch (error) {
      options.logger?.error({ err: error }, 'Could not take a webhook')
      answer = failed
    }
    const { status, headers, body } = answer
    return new Response(`${JSON.stringify(body)}\n`, { status, headers })
  }
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

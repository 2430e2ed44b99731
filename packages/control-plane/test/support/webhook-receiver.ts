import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type RequestListener,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

export interface ReceivedTask {
  readonly headers: IncomingHttpHeaders
  readonly body: Readonly<Record<string, unknown>>
}

/** Where a serverless pool's webhook leads; answers as a test says. */
export interface WebhookReceiver extends AsyncDisposable {
  readonly url: string
  readonly received: readonly ReceivedTask[]
  /** How the next ones are answered. @default 202 */
  answer: (response: ServerResponse) => void
}

/** With a certificate it listens by TLS. */
export async function startWebhookReceiver(certificate?: {
  readonly key: string
  readonly cert: string
}): Promise<WebhookReceiver> {
  const received: ReceivedTask[] = []
  const listener: RequestListener = (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString())
      received.push({ headers: request.headers, body })
      receiver.answer(response)
    })
  }
  const server =
    certificate === undefined ? createServer(listener) : createTlsServer(certificate, listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const receiver: WebhookReceiver = {
    url: `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}/tasks`,
    received,
    answer: accept,
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
  return receiver
}

export function accept(response: ServerResponse): void {
  response.writeHead(202).end()
}

/** Answers with this status, and nothing else. */
export function status(
  code: number,
  headers: Readonly<Record<string, string>> = {},
): (response: ServerResponse) => void {
  return (response) => response.writeHead(code, headers).end('not shown')
}

import type { ServerResponse } from 'node:http'

/** What a forge is told. Texts are for the people who look at the forge's list of deliveries. */
export interface WebhookAnswer {
  readonly status: number
  readonly message: string
  readonly headers?: Readonly<Record<string, string>>
  /** The rest of the request is not read, so its connection cannot be used again. */
  readonly cut?: boolean
}

/** Sends an answer, unless the sender has gone. */
export function sendAnswer(response: ServerResponse, answer: WebhookAnswer): void {
  if (response.headersSent || response.destroyed) return
  const body = `${JSON.stringify({ message: answer.message })}\n`
  response.writeHead(answer.status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(answer.cut === true ? { connection: 'close' } : {}),
    ...answer.headers,
  })
  response.end(body)
}

import type { IncomingMessage, ServerResponse } from 'node:http'

import { problemMediaType, type Problem, type ProblemType } from '@scalr-agent/core/protocol'
import type { z } from 'zod'

import { relayLimits } from '../protocol/index.ts'

/** A call that is refused; becomes a problem document. */
export class CallRefused extends Error {
  readonly status: number
  readonly type: ProblemType

  constructor(status: number, type: ProblemType, message: string) {
    super(message)
    this.status = status
    this.type = type
  }
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  if (response.destroyed) return
  const body = Buffer.from(JSON.stringify(value))
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': body.length,
    'cache-control': 'no-store',
  })
  response.end(body)
}

export function sendProblem(response: ServerResponse, refused: CallRefused): void {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const { status, type, message } = refused
  const body = JSON.stringify({ type, title: message, status } satisfies Problem)
  response.writeHead(status, {
    'content-type': problemMediaType,
    // What is left of the request's body is not worth reading.
    ...(response.req.complete ? {} : { connection: 'close' }),
  })
  response.end(body)
}

/** @throws {@link CallRefused} */
export async function readCall<T>(
  request: IncomingMessage,
  schema: z.ZodType<T>,
  invalid: ProblemType,
): Promise<T> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    const piece: unknown = chunk
    if (!(piece instanceof Buffer)) continue
    bytes += piece.length
    if (bytes > relayLimits.messageBytes) {
      throw new CallRefused(413, invalid, 'The body of the call is too large.')
    }
    chunks.push(piece)
  }
  let value: unknown
  try {
    value = JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw new CallRefused(400, invalid, 'The body of the call is no JSON.')
  }
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const path = issue?.path.map(String).join('.')
  throw new CallRefused(400, invalid, `The body of the call does not match the protocol (${path}).`)
}

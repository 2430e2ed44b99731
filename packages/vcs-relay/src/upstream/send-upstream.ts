import type { Readable } from 'node:stream'

import type { Dispatcher } from 'undici'

import type { HeaderPairs } from '../relay-exchange.ts'

export interface UpstreamRequest {
  readonly origin: string
  /** Sent byte for byte. */
  readonly target: string
  readonly method: string
  readonly headers: HeaderPairs
  readonly body: Readable | undefined
  readonly signal: AbortSignal
  readonly firstByteTimeoutMs: number
  readonly idleTimeoutMs: number
}

export interface UpstreamAnswer {
  readonly status: number
  readonly headers: HeaderPairs
  readonly body: Dispatcher.ResponseData['body']
}

const cut: ReadonlySet<string> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

/** One request to the VCS, with exactly the target that was matched. */
export async function sendUpstream(
  dispatcher: Dispatcher,
  request: UpstreamRequest,
): Promise<UpstreamAnswer> {
  try {
    return await sendOnce(dispatcher, request)
  } catch (error) {
    // The server may close a kept connection in the moment in which it is used again.
    const repeatable = request.method === 'GET' || request.method === 'HEAD'
    if (!repeatable || request.signal.aborted || !cut.has(codeOf(error))) throw error
    return sendOnce(dispatcher, request)
  }
}

async function sendOnce(dispatcher: Dispatcher, request: UpstreamRequest): Promise<UpstreamAnswer> {
  const answer = await dispatcher.request({
    origin: request.origin,
    path: request.target,
    method: request.method,
    headers: request.headers.flat(),
    body: request.body ?? null,
    signal: request.signal,
    headersTimeout: request.firstByteTimeoutMs,
    bodyTimeout: request.idleTimeoutMs,
    responseHeaders: 'raw',
  })
  // Typed as a record, and a flat list with 'raw'.
  const raw: unknown = answer.headers
  return { status: answer.statusCode, headers: toPairs(raw), body: answer.body }
}

function toPairs(raw: unknown): HeaderPairs {
  if (!Array.isArray(raw)) return []
  const lines: unknown[] = raw
  const pairs: [string, string][] = []
  for (let index = 0; index + 1 < lines.length; index += 2) {
    pairs.push([String(lines[index]), String(lines[index + 1])])
  }
  return pairs
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

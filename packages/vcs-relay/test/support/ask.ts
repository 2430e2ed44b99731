import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'

import type { AnswerOrigin, HeaderPairs, RelayHandler } from '../../src/index.ts'

export interface Asked {
  readonly origin: AnswerOrigin
  readonly status: number
  readonly headers: HeaderPairs
  readonly text: string
  /** Of an answer of the agent. */
  readonly problem: {
    readonly type?: string
    readonly step?: string
    readonly rule?: string
    readonly fate?: string
    readonly detail?: string
  }
  header(name: string): string | undefined
}

export interface AskOptions {
  readonly method?: string
  readonly headers?: HeaderPairs
  readonly body?: string | Readable
  readonly signal?: AbortSignal
}

/** One request through a handler, with its answer read to the end. */
export async function ask(
  handler: RelayHandler,
  target: string,
  options: AskOptions = {},
): Promise<Asked> {
  const { body } = options
  const answer = await handler.handle(
    {
      id: 'request-1',
      vcs: 'main',
      method: options.method ?? 'GET',
      target,
      headers: options.headers ?? [],
      lane: 'api',
      body:
        typeof body === 'string' ? Readable.from([Buffer.from(body)], { objectMode: false }) : body,
    },
    { signal: options.signal ?? new AbortController().signal },
  )
  const read = answer.body === undefined ? '' : await text(answer.body)
  return {
    origin: answer.origin,
    status: answer.status,
    headers: answer.headers,
    text: read,
    problem: answer.origin === 'agent' ? (JSON.parse(read) as Asked['problem']) : {},
    header: (name) => answer.headers.find(([it]) => it.toLowerCase() === name)?.[1],
  }
}

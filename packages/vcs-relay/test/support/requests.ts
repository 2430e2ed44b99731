import type { Readable } from 'node:stream'

import type { RelayAnswer, RelayHandler, RelayRequest } from '../../src/index.ts'

/** A request with the usual rest. */
export function request(values: Partial<RelayRequest> = {}): Omit<RelayRequest, 'id'> {
  return { vcs: 'ghe', method: 'GET', target: '/', headers: [], lane: 'api', ...values }
}

/** A handler of one function. */
export function handler(
  handle: (request: RelayRequest, signal: AbortSignal) => Promise<Partial<RelayAnswer>>,
): RelayHandler {
  return {
    handle: async (message, { signal }) => ({
      origin: 'vcs',
      status: 200,
      headers: [],
      body: undefined,
      ...(await handle(message, signal)),
    }),
  }
}

export async function text(body: Readable | undefined): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of body ?? []) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

/** Resolves when the stream has closed, also when it had before. */
export async function closed(stream: Readable): Promise<void> {
  if (!stream.closed) await new Promise((resolve) => stream.once('close', resolve))
}

import { inspect } from 'node:util'

import { afterEach, expect } from 'vitest'
import { z } from 'zod'

import { HttpTransport, readJson, type HttpCall, type RetryEvent } from '../../../src/http/index.ts'
import { SteppedClock } from './stepped-clock.ts'
import { startServer, type Handler, type TestServer } from './test-server.ts'
import { fakeToken } from './tokens.ts'

/** What is closed after the test. */
export const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const resource of open.splice(0).toReversed()) await resource[Symbol.asyncDispose]()
})

interface Setup {
  readonly server: TestServer
  readonly transport: HttpTransport
  readonly clock: SteppedClock
  readonly retries: RetryEvent[]
}

/** A real server and a transport to it. */
export async function setUp(handler: Handler): Promise<Setup> {
  const server = await startServer(handler)
  open.push(server)
  return { server, ...client(server.url) }
}

/** A transport whose waits pass at once. */
export function client(baseUrl: string): Omit<Setup, 'server'> {
  const clock = new SteppedClock()
  const retries: RetryEvent[] = []
  const transport = new HttpTransport({
    baseUrl,
    server: 'the control plane',
    tokenAdvice: 'Make a new one.',
    clock,
    random: () => 0.5,
    onRetry: (event) => retries.push(event),
    headersTimeoutMs: 2000,
    bodyTimeoutMs: 2000,
  })
  open.push(transport)
  return { transport, clock, retries }
}

export const replySchema = z.object({ name: z.string(), token: z.string().optional() })
export const token = fakeToken()

/** A call, with whatever the test changes of it. */
export function get(more: Partial<HttpCall<unknown>> = {}): HttpCall<unknown> {
  return {
    doing: 'fetch the thing',
    method: 'GET',
    path: '/things/1',
    token: () => token,
    read: (answer) => readJson(answer, replySchema),
    ...more,
  }
}

/** The error of a call, which must hold no canary (I12). */
export async function failure(promise: Promise<unknown>): Promise<Error> {
  const result = await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(result instanceof Error)) throw new Error('expected a failure')
  expect(inspect(result, { depth: 10, showHidden: true })).not.toContain('c4n4ry')
  return result
}

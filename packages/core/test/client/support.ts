import { afterEach } from 'vitest'

import { ScalrClient, type ScalrClientOptions } from '../../src/client/index.ts'
import { SteppedClock } from '../http/support/stepped-clock.ts'
import {
  sendJson,
  startServer,
  type Handler,
  type TestServer,
} from '../http/support/test-server.ts'
import { fakeToken } from '../http/support/tokens.ts'

/** What is closed after the test. */
export const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const resource of open.splice(0).toReversed()) await resource[Symbol.asyncDispose]()
})

export const token = fakeToken({ kind: 'user' })
/** Path of the API. */
export const prefix = '/api/iacp/v3'

interface Setup {
  readonly server: TestServer
  readonly client: ScalrClient
  readonly clock: SteppedClock
  /** Bodies of what was sent, as JSON. */
  readonly bodies: () => readonly unknown[]
}

/** Handlers by `METHOD /path` below the API's base. */
export async function setUp(
  routes: Readonly<Record<string, Handler>>,
  options: Partial<ScalrClientOptions> = {},
): Promise<Setup> {
  const server = await startServer(async (request, response) => {
    const path = decodeURIComponent(request.url.replace(/\?.*$/u, '')).replace(prefix, '')
    const handler = routes[`${request.method} ${path}`]
    if (handler !== undefined) await handler(request, response)
    else sendJson(response, 404, { errors: [{ status: '404', title: `No route ${path}` }] })
  })
  open.push(server)
  const clock = new SteppedClock()
  const client = new ScalrClient({ url: server.url, token, clock, random: () => 0.5, ...options })
  open.push(client)
  const bodies = (): readonly unknown[] =>
    server.received
      .filter(({ body }) => body.byteLength > 0)
      .map(({ body }): unknown => JSON.parse(String(body)))
  return { server, client, clock, bodies }
}

export const toWorkspace = { data: { type: 'workspaces', id: 'ws-1' } }
export const run = {
  type: 'runs',
  id: 'run-1',
  attributes: { status: 'planned' },
  relationships: { workspace: toWorkspace, plan: { data: { type: 'plans', id: 'plan-1' } } },
}
export const workspace = {
  type: 'workspaces',
  id: 'ws-1',
  attributes: { name: 'app', locked: false },
  relationships: { environment: { data: { type: 'environments', id: 'env-1' } } },
}

/** A handler that always answers so. */
export function answer(status: number, value: unknown): Handler {
  return (_request, response) =>
    sendJson(response, status, value, { 'content-type': 'application/vnd.api+json' })
}

import { createHash } from 'node:crypto'

import { afterEach } from 'vitest'

import { HttpControlPlane } from '../../src/control-plane/index.ts'
import type { ControlPlaneJob, ControlPlaneSession } from '../../src/control-plane/index.ts'
import type {
  FinishJobRequest,
  RegisterRequest,
  RegisterResponse,
} from '../../src/protocol/index.ts'
import { SteppedClock } from '../http/support/stepped-clock.ts'
import {
  sendJson,
  startServer,
  type Handler,
  type TestServer,
} from '../http/support/test-server.ts'
import { fakeToken } from '../http/support/tokens.ts'
import { makeJobSpec } from '../support/job-spec.ts'

export const poolToken = fakeToken({ kind: 'pool' }, 'c4n4ry-pool')
export const sessionToken = fakeToken({ kind: 'session' }, 'c4n4ry-session')
export const jobToken = fakeToken({ kind: 'job', iat: 0, exp: 3600 }, 'c4n4ry-job')

export const registerRequest: RegisterRequest = {
  protocolVersions: [1],
  name: 'agent-1',
  version: '0.1.0',
  os: 'linux',
  runtime: 'vm',
  driver: 'process',
  cpuPlatform: 'linux_amd64',
  kind: 'run',
  slots: 5,
  instanceId: 'instance-1',
  found: [],
}

export const registration: RegisterResponse = {
  protocolVersion: 1,
  agentId: 'agent-v01',
  poolId: 'apool-v01',
  sessionToken,
  sessionExpiresAt: '2026-01-01T01:00:00Z',
  intervals: { heartbeatMs: 10_000, leaseMs: 60_000, longPollMs: 60_000 },
  found: [],
}

export const jobSpec = makeJobSpec({
  jobId: 'job-v01',
  jobToken,
  jobTokenExpiresAt: '2026-01-01T01:00:00Z',
  statePath: '/api/agent/v1/state/ws-v01',
  files: [],
})

export const finishRequest: Omit<FinishJobRequest, 'fencingToken'> = {
  result: 'succeeded',
  exitCode: 0,
  stages: [],
  log: { bytes: 0, digest: digestOf(Buffer.alloc(0)), missingBytes: 0 },
  files: [],
  interrupts: { soft: 0, hard: 0, kill: 0 },
}

export function digestOf(bytes: Uint8Array): string {
  return `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`
}

/** `POST /jobs/job-v01/start` → handler; what has none is 404 without a problem type. */
export type Routes = Readonly<Record<string, Handler>>

export interface TestControlPlane extends AsyncDisposable {
  readonly server: TestServer
  readonly controlPlane: HttpControlPlane
  readonly clock: SteppedClock
  readonly register: () => Promise<ControlPlaneSession>
  /** Requests of one route, in order. */
  readonly requests: (route: string) => TestServer['received']
}

const defaults: Routes = {
  'POST /sessions': (_request, response) => sendJson(response, 201, registration),
  'POST /jobs/job-v01/start': (_request, response) => sendJson(response, 200, jobSpec),
}

/** A real server with these routes, and a client of it. */
async function startControlPlane(routes: Routes): Promise<TestControlPlane> {
  const all: Routes = { ...defaults, ...routes }
  const nameOf = (method: string, url: string): string =>
    `${method} ${url.replace(/^\/api\/agent\/v1/u, '').replace(/\?.*$/u, '')}`
  const server = await startServer(async (request, response) => {
    const handler = all[nameOf(request.method, request.url)]
    if (handler === undefined) sendJson(response, 404, { error: 'no such page' })
    else await handler(request, response)
  })
  const clock = new SteppedClock()
  const controlPlane = new HttpControlPlane({
    url: server.url,
    token: poolToken,
    clock,
    random: () => 0.5,
  })
  return {
    server,
    controlPlane,
    clock,
    register: () => controlPlane.register(registerRequest),
    requests: (route) => server.received.filter(({ method, url }) => nameOf(method, url) === route),
    [Symbol.asyncDispose]: async () => {
      await controlPlane.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const resource of open.splice(0)) await resource[Symbol.asyncDispose]()
})

/** The same, closed after the test. */
export async function start(routes: Routes = {}): Promise<TestControlPlane> {
  const result = await startControlPlane(routes)
  open.push(result)
  return result
}

/** With a session and a started job. */
export async function startJob(
  routes: Routes,
): Promise<TestControlPlane & { readonly job: ControlPlaneJob }> {
  const controlPlane = await start(routes)
  const session = await controlPlane.register()
  const { job } = await session.start({ jobId: 'job-v01', fencingToken: 3 })
  return { ...controlPlane, job }
}

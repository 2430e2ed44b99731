import { inspect } from 'node:util'

import { afterEach, describe, expect, it } from 'vitest'

import { HttpControlPlane } from '../../src/control-plane/index.ts'
import { problemTypes, type HeartbeatRequest } from '../../src/protocol/index.ts'
import { sendJson } from '../http/support/test-server.ts'
import { fakeToken } from '../http/support/tokens.ts'
import {
  jobSpec,
  poolToken,
  registerRequest,
  registration,
  sessionToken,
  startControlPlane,
  type Routes,
  type TestControlPlane,
} from './support.ts'

const open: AsyncDisposable[] = []
afterEach(async () => {
  for (const resource of open.splice(0)) await resource[Symbol.asyncDispose]()
})

async function start(routes: Routes = {}): Promise<TestControlPlane> {
  const result = await startControlPlane(routes)
  open.push(result)
  return result
}

const empty = { cursor: 0, signals: [] }
const heartbeat: HeartbeatRequest = {
  slots: { total: 5, free: 5 },
  status: 'idle',
  jobs: [],
}

describe('register', () => {
  it('sends the pool token and gives the session', async () => {
    const { register, requests } = await start()
    const session = await register()
    expect(session.registration).toMatchObject({ agentId: 'agent-v01', poolId: 'apool-v01' })
    const [request] = requests('POST /sessions')
    expect(request?.headers.authorization).toBe(`Bearer ${poolToken}`)
    expect(JSON.parse(String(request?.body))).toEqual(registerRequest)
  })

  it('I12: shows no token when session and control plane are inspected or serialised', async () => {
    const { register, controlPlane } = await start()
    const session = await register()
    const shown = [
      inspect(controlPlane, { depth: 6 }),
      inspect(session, { depth: 6 }),
      inspect(session.registration),
      JSON.stringify(session.registration),
    ]
    for (const text of shown) expect(text).not.toContain('c4n4ry')
  })

  it('tries again while the control plane is not up yet', async () => {
    let count = 0
    const { register, requests } = await start({
      'POST /sessions': (_request, response) => {
        count += 1
        if (count < 4) sendJson(response, 503, {})
        else sendJson(response, 201, registration)
      },
    })
    await register()
    const keys = requests('POST /sessions').map(({ headers }) => headers['idempotency-key'])
    expect(keys).toHaveLength(4)
    expect(new Set(keys).size).toBe(1)
  })

  it('a revoked token: says so at once, with what to do', async () => {
    const { register, requests } = await start({
      'POST /sessions': (_request, response) =>
        sendJson(response, 401, { type: problemTypes.unauthorized, title: 'Revoked', status: 401 }),
    })
    await expect(register()).rejects.toMatchObject({
      name: 'AuthenticationError',
      message: expect.stringMatching(
        /Cannot register the agent 'agent-1'.*refused.*SCALR_AGENT_TOKEN/u,
      ),
    })
    expect(requests('POST /sessions')).toHaveLength(1)
  })

  it('a token of the wrong kind: an error of authentication as well', async () => {
    const { register } = await start({
      'POST /sessions': (_request, response) =>
        sendJson(response, 403, { type: problemTypes.forbidden, title: 'Wrong kind', status: 403 }),
    })
    await expect(register()).rejects.toMatchObject({ name: 'AuthenticationError', status: 403 })
  })

  it('a name that a live agent holds: 409 with its problem type', async () => {
    const { register } = await start({
      'POST /sessions': (_request, response) =>
        sendJson(response, 409, { type: problemTypes.nameTaken, title: 'Name taken', status: 409 }),
    })
    await expect(register()).rejects.toMatchObject({
      name: 'ApiError',
      status: 409,
      problemType: problemTypes.nameTaken,
    })
  })

  it.each([
    [
      '426',
      426,
      { type: problemTypes.versionUnsupported, title: 'No common version', status: 426 },
      'update the agent or the control plane',
    ],
    ['a 404 of something else', 404, { errors: [{ title: 'Not found' }] }, 'Check the URL'],
  ])('another version or no control plane: %s', async (_what, status, body, advice) => {
    const { register } = await start({
      'POST /sessions': (_request, response) => sendJson(response, status, body),
    })
    await expect(register()).rejects.toMatchObject({
      name: 'ProtocolError',
      code: 'VERSION',
      message: expect.stringContaining(advice),
    })
  })

  it('a web page with 404 is told as what it is', async () => {
    const { register } = await start({
      'POST /sessions': (_request, response) => {
        response
          .writeHead(404, { 'content-type': 'text/html' })
          .end('<html><title>404 nginx</title></html>')
      },
    })
    await expect(register()).rejects.toMatchObject({
      code: 'VERSION',
      message: expect.stringContaining("HTML page titled '404 nginx'"),
    })
  })

  it('a version that nobody offered is refused', async () => {
    const { register } = await start({
      'POST /sessions': (_request, response) =>
        sendJson(response, 201, { ...registration, protocolVersion: 2 }),
    })
    await expect(register()).rejects.toMatchObject({ code: 'VERSION' })
  })

  it('a reply that breaks the schema names path and issue, and no token (I12)', async () => {
    const { register } = await start({
      'POST /sessions': (_request, response) =>
        sendJson(response, 201, { ...registration, intervals: { heartbeatMs: '10' } }),
    })
    const error: unknown = await register().catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      code: 'INVALID_REPLY',
      message: expect.stringContaining('intervals.heartbeatMs: '),
    })
    expect(inspect(error, { depth: 10 })).not.toContain('c4n4ry')
  })

  it('a request that breaks the schema is not sent', async () => {
    const { controlPlane, server } = await start()
    await expect(
      controlPlane.register({ ...registerRequest, instanceId: 'short' }),
    ).rejects.toMatchObject({
      code: 'INVALID_RECORD',
      message: expect.stringContaining('instanceId'),
    })
    expect(server.received).toEqual([])
  })

  it.each([
    ['an insecure URL', { url: 'http://cp.example.com', token: poolToken }, 'INSECURE_URL'],
    ['a malformed token', { url: 'https://cp.example.com', token: 'c4n4ry' }, 'INVALID_TOKEN'],
    [
      'a broken CA',
      { url: 'https://cp.example.com', token: poolToken, connection: { caCert: '/none' } },
      'INVALID_CA',
    ],
  ])('refuses %s before anything is sent', (_what, options, code) => {
    expect(() => new HttpControlPlane(options)).toThrowError(expect.objectContaining({ code }))
  })
})

describe('a session', () => {
  it('heartbeat: one attempt, and its fresh token is used from then on', async () => {
    const fresh = fakeToken({ kind: 'session' }, 'c4n4ry-fresh')
    let count = 0
    const { register, requests } = await start({
      'POST /sessions/self/heartbeat': (_request, response) => {
        count += 1
        if (count === 1) sendJson(response, 503, {})
        else sendJson(response, 200, { leases: [], drain: false, sessionToken: fresh })
      },
    })
    const session = await register()
    await expect(session.heartbeat(heartbeat)).rejects.toMatchObject({
      status: 503,
      retryable: true,
    })
    expect(await session.heartbeat(heartbeat)).toEqual({ leases: [], drain: false })
    await session.heartbeat(heartbeat)
    const used = requests('POST /sessions/self/heartbeat').map(
      ({ headers }) => headers.authorization,
    )
    expect(used).toEqual([sessionToken, sessionToken, fresh].map((token) => `Bearer ${token}`))
  })

  it('long-polls: ask in seconds, take what comes, and hold up no other call', async () => {
    const release: (() => void)[] = []
    const assignment = {
      jobId: 'job-v01',
      phase: 'plan',
      fencingToken: 3,
      runId: 'run-v01',
      workspaceId: 'ws-v01',
      workspaceName: 'app',
      queuedAt: '2026-01-01T00:00:00Z',
      leaseMs: 60_000,
    }
    const { register, server, requests } = await start({
      'GET /sessions/self/jobs': (_request, response) => {
        release.push(() => sendJson(response, 200, { jobs: [assignment] }))
      },
      'GET /sessions/self/signals': (_request, response) => {
        release.push(() => sendJson(response, 200, empty))
      },
      'POST /sessions/self/heartbeat': (_request, response) =>
        sendJson(response, 200, { leases: [], drain: true }),
    })
    const session = await register()
    const jobs = session.acquire({ max: 2, waitMs: 59_500 })
    const signals = session.signals({ after: 7, waitMs: 60_000 })
    await server.receivedAtLeast(3)
    // Both polls hang; the heartbeat passes them.
    expect(await session.heartbeat(heartbeat)).toEqual({ leases: [], drain: true })
    for (const answer of release) answer()
    expect(await jobs).toEqual([assignment])
    expect(await signals).toEqual(empty)
    expect(requests('GET /sessions/self/jobs')[0]?.url).toMatch(/\?wait=60&max=2$/u)
    expect(requests('GET /sessions/self/signals')[0]?.url).toMatch(/\?wait=60&after=7$/u)
  })

  it('long-polls end with the reason of their signal', async () => {
    const { register, server } = await start({ 'GET /sessions/self/jobs': () => {} })
    const session = await register()
    const controller = new AbortController()
    const poll = session.acquire({ max: 1, waitMs: 60_000 }, { signal: controller.signal })
    await server.receivedAtLeast(2)
    const reason = new Error('drain')
    controller.abort(reason)
    await expect(poll).rejects.toBe(reason)
  })

  it('start: gives the whole job, and 409 leaseLost is final', async () => {
    let isGone = false
    const { register, requests } = await start({
      'POST /jobs/job-v01/start': (_request, response) => {
        if (!isGone) sendJson(response, 200, jobSpec)
        else
          sendJson(response, 409, {
            type: problemTypes.leaseLost,
            title: 'Lease lost',
            status: 409,
          })
      },
    })
    const session = await register()
    const { spec, job } = await session.start({ jobId: 'job-v01', fencingToken: 3 })
    expect(spec).toEqual(jobSpec)
    expect(job).toMatchObject({ jobId: 'job-v01', fencingToken: 3 })
    expect(inspect(job, { depth: 6 })).not.toContain('c4n4ry')
    isGone = true
    await expect(session.start({ jobId: 'job-v01', fencingToken: 3 })).rejects.toMatchObject({
      problemType: problemTypes.leaseLost,
    })
    const bodies = requests('POST /jobs/job-v01/start').map(({ body }) => String(body))
    expect(bodies).toEqual(['{"fencingToken":3}', '{"fencingToken":3}'])
  })

  it('a job that breaks the schema is not started', async () => {
    const { register } = await start({
      'POST /jobs/job-v01/start': (_request, response) =>
        sendJson(response, 200, { ...jobSpec, workspace: { ...jobSpec.workspace, varFiles: 'x' } }),
    })
    const session = await register()
    await expect(session.start({ jobId: 'job-v01', fencingToken: 3 })).rejects.toMatchObject({
      code: 'INVALID_REPLY',
      message: expect.stringMatching(/workspace\.varFiles: .*expected array/u),
    })
  })

  it('disconnect: best effort, never an error of the server', async () => {
    const { register, requests } = await start({
      'DELETE /sessions/self': (_request, response) => sendJson(response, 500, {}),
    })
    const session = await register()
    await session.disconnect()
    expect(requests('DELETE /sessions/self').length).toBeGreaterThan(1)
  })
})

import { inspect } from 'node:util'

import { describe, expect, it } from 'vitest'

import { problemTypes, type HeartbeatRequest } from '../../src/protocol/index.ts'
import { sendJson } from '../http/support/test-server.ts'
import { fakeToken } from '../http/support/tokens.ts'
import { jobSpec, sessionToken, start } from './support.ts'

const empty = { cursor: 0, signals: [] }
const heartbeat: HeartbeatRequest = {
  slots: { total: 5, free: 5 },
  status: 'idle',
  jobs: [],
}

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

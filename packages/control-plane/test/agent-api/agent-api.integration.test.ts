import { problemTypes } from '@scalr-agent/core/protocol'
import { describe, expect, it } from 'vitest'

import { digestOf } from '../support/digest.ts'
import { registration, report } from '../support/agent-messages.ts'
import { configuration } from '../support/engine-fixture.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { HttpFixture } from '../support/http-fixture.ts'

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

describe('the agent protocol', () => {
  it('carries a run from its plan to the end of its apply', async () => {
    await using http = await HttpFixture.open()
    const { engine } = http
    const token = await http.poolToken()
    const registered = await http.call('POST', '/sessions', { token, json: registration('one') })
    expect(registered.status).toBe(201)
    expect(registered.body).toMatchObject({
      protocolVersion: 1,
      poolId: engine.poolId,
      found: [],
      intervals: { heartbeatMs: 10_000, leaseMs: 60_000, longPollMs: 60_000 },
    })
    const session = String(registered.body?.['sessionToken'])

    const runId = engine.createRun()
    const plan = await http.take(session)
    const beat = { slots: { total: 5, free: 4 }, status: 'busy' }
    const jobs = [
      { jobId: plan.jobId, fencingToken: 1, state: 'running', logBytes: 0 },
      { jobId: 'job-other', fencingToken: 1, state: 'running', logBytes: 0 },
    ]
    const leases = await http.call('POST', '/sessions/self/heartbeat', {
      token: session,
      json: { ...beat, jobs },
    })
    expect(leases.body).toEqual({
      leases: [
        { jobId: plan.jobId, fencingToken: 1, status: 'renewed' },
        { jobId: 'job-other', fencingToken: 1, status: 'revoked' },
      ],
      drain: false,
    })

    const files = `/jobs/${plan.jobId}/files`
    const input = await http.call('GET', `${files}/configuration.tar.gz`, plan)
    expect(input.text).toBe(configuration.toString())
    expect(input.headers.get('repr-digest')).toBe(digestOf(configuration))

    const log = `/jobs/${plan.jobId}/log`
    const append = (offset: number, text: string) =>
      http.call('PATCH', log, {
        ...plan,
        bytes: bytes(text),
        headers: { ...plan.headers, 'upload-offset': String(offset) },
      })
    expect((await append(0, 'Pla')).body).toEqual({ offset: 3 })
    expect((await append(3, 'n')).body).toEqual({ offset: 4 })
    const again = await append(3, 'n')
    expectProblem(again, 409, problemTypes.offsetMismatch)
    expect(again.body?.['offset']).toBe(4)
    const head = await http.call('HEAD', log, plan)
    expect(head.headers.get('upload-offset')).toBe('4')

    const digest = digestOf('a plan')
    const put = await http.call('PUT', `${files}/plan.bin`, {
      ...plan,
      bytes: bytes('a plan'),
      headers: { ...plan.headers, 'repr-digest': digest },
    })
    expect(put.status).toBe(204)

    const json = report(plan, {
      hasChanges: true,
      log: { bytes: 4, digest: digestOf('Plan'), missingBytes: 0 },
      files: [{ name: 'plan.bin', bytes: 6, digest }],
    })
    const finish = () => http.call('POST', `/jobs/${plan.jobId}/finish`, { ...plan, json })
    expect((await finish()).body).toEqual({ accepted: true })
    expect((await finish()).body).toEqual({ accepted: true })
    expect(engine.statusOf(runId)).toBe('planned')
    expectProblem(
      await http.call('POST', `/jobs/${plan.jobId}/start`, {
        token: session,
        json: { fencingToken: 1 },
      }),
      409,
      problemTypes.leaseLost,
    )

    engine.engine.confirm(runId, null)
    const apply = await http.take(session)
    const saved = await http.call('GET', `/jobs/${apply.jobId}/files/plan.bin`, apply)
    expect(saved.text).toBe('a plan')
    await http.call('POST', `/jobs/${apply.jobId}/finish`, { ...apply, json: report(apply) })
    expect(engine.statusOf(runId)).toBe('applied')

    expect((await http.call('DELETE', '/sessions/self', { token: session })).status).toBe(204)
    expectProblem(
      await http.call('GET', '/sessions/self/jobs', { token: session }),
      409,
      problemTypes.sessionGone,
    )
  })

  it('answers a waiting poll at once when there is a job, or a signal', async () => {
    await using http = await HttpFixture.open()
    const token = await http.register('one')
    const poll = http.call('GET', '/sessions/self/jobs?wait=60&max=1', { token })
    const runId = http.engine.createRun()
    expect(await poll).toMatchObject({ body: { jobs: [{ runId }] } })
    const job = http.engine.jobs.inState('assigned')[0]
    const json = { fencingToken: 1 }
    await http.call('POST', `/jobs/${job?.id ?? ''}/start`, { token, json })
    const signals = http.call('GET', '/sessions/self/signals?wait=60&after=0', { token })
    http.engine.engine.cancel(runId, { force: true, by: null })
    expect(await signals).toMatchObject({ body: { signals: [{ cancel: 'force' }] } })
  })

  it('gives nothing to a poll whose client hung up', async () => {
    await using http = await HttpFixture.open()
    const token = await http.register('one')
    const gone = new AbortController()
    const poll = http.call('GET', '/sessions/self/jobs?wait=60', { token, signal: gone.signal })
    // An empty poll of the same session comes back only after the first one is waiting.
    await http.call('GET', '/sessions/self/jobs?wait=0', { token })
    gone.abort()
    await expect(poll).rejects.toThrow()
    await http.call('GET', '/sessions/self/jobs?wait=0', { token })
    http.engine.createRun()
    const next = await http.call('GET', '/sessions/self/jobs?wait=0', { token })
    expect(next.body?.['jobs']).toHaveLength(1)
  })

  it('says what is wrong with a request, and where', async () => {
    await using http = await HttpFixture.open()
    const token = await http.poolToken()
    const { name: _, ...nameless } = registration('one')
    const answer = await http.call('POST', '/sessions', { token, json: nameless })
    expectProblem(answer, 400, problemTypes.invalidRequest)
    expect(answer.body?.['issues']).toMatchObject([{ path: 'name' }])
    const headers = { 'content-type': 'application/json' }
    expectProblem(
      await http.call('POST', '/sessions', { token, headers, bytes: bytes('{') }),
      400,
      problemTypes.invalidRequest,
    )
    const future = { ...registration('one'), protocolVersions: [7] }
    expectProblem(
      await http.call('POST', '/sessions', { token, json: future }),
      426,
      problemTypes.versionUnsupported,
    )
    expectProblem(await http.call('GET', '/nothing', { token }), 404, problemTypes.notFound)
  })

  it('refuses a name that a live agent holds', async () => {
    await using http = await HttpFixture.open()
    await http.register('one')
    const json = registration('one', { instanceId: 'another-instance' })
    const answer = await http.call('POST', '/sessions', { token: await http.poolToken(), json })
    expectProblem(answer, 409, problemTypes.nameTaken)
  })

  it('an unknown field is ignored', async () => {
    await using http = await HttpFixture.open()
    const json = { ...registration('one'), favouriteColour: 'green' }
    const answer = await http.call('POST', '/sessions', { token: await http.poolToken(), json })
    expect(answer.status).toBe(201)
  })
})

describe('the OpenAPI document', () => {
  it('describes every call, with schemas that resolve', async () => {
    await using http = await HttpFixture.open()
    const { status, body } = await http.call('GET', '/openapi.json')
    expect(status).toBe(200)
    expect(body?.['openapi']).toBe('3.1.0')
    const paths = body?.['paths'] as Record<string, Record<string, unknown>>
    const calls = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    expect(calls.toSorted()).toEqual([
      'DELETE /sessions/self',
      'GET /jobs/{jobId}/files/{name}',
      'GET /sessions/self/jobs',
      'GET /sessions/self/signals',
      'HEAD /jobs/{jobId}/log',
      'PATCH /jobs/{jobId}/log',
      'POST /jobs/{jobId}/finish',
      'POST /jobs/{jobId}/start',
      'POST /jobs/{jobId}/token',
      'POST /sessions',
      'POST /sessions/self/heartbeat',
      'PUT /jobs/{jobId}/files/{name}',
    ])
    expect(paths['/jobs/{jobId}/finish']?.['post']).toMatchObject({
      requestBody: {
        content: {
          'application/json': { schema: { properties: { fencingToken: { type: 'integer' } } } },
        },
      },
    })
  })
})

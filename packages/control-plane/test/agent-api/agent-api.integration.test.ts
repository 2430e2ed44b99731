import { problemSchema, problemTypes } from '@scalr-agent/core/protocol'
import { describe, expect, it } from 'vitest'

import { digestOf } from '../support/digest.ts'
import { configuration, registration, report } from '../support/engine-fixture.ts'
import { HttpFixture, type Answer } from '../support/http-fixture.ts'

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

function expectProblem(answer: Answer, status: number, type: string): void {
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
  expect(problemSchema.parse(answer.body)).toMatchObject({ status, type })
  expect(answer.status).toBe(status)
}

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
        { jobId: plan.jobId, status: 'renewed' },
        { jobId: 'job-other', status: 'revoked' },
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

  it('every token is for its own calls only', async () => {
    await using http = await HttpFixture.open()
    const [pool, user, session] = [
      await http.poolToken(),
      await http.userToken(),
      await http.register('one'),
    ]
    http.engine.createRun()
    const job = await http.take(session)
    const calls: readonly (readonly [method: string, path: string, kind: string])[] = [
      ['POST', '/sessions', 'pool'],
      ['POST', '/sessions/self/heartbeat', 'session'],
      ['GET', '/sessions/self/jobs', 'session'],
      ['GET', '/sessions/self/signals', 'session'],
      ['POST', `/jobs/${job.jobId}/start`, 'session'],
      ['POST', `/jobs/${job.jobId}/token`, 'job'],
      ['PATCH', `/jobs/${job.jobId}/log`, 'job'],
      ['GET', `/jobs/${job.jobId}/files/configuration.tar.gz`, 'job'],
      ['PUT', `/jobs/${job.jobId}/files/plan.bin`, 'job'],
      ['POST', `/jobs/${job.jobId}/finish`, 'job'],
      ['DELETE', '/sessions/self', 'session'],
    ]
    const tokens = { pool, user, session, job: job.token, run: job.runToken }
    for (const [method, path, kind] of calls) {
      for (const [other, token] of Object.entries(tokens)) {
        if (other === kind) continue
        expectProblem(await http.call(method, path, { token }), 403, problemTypes.forbidden)
      }
      expectProblem(await http.call(method, path), 401, problemTypes.unauthorized)
      const broken = await http.call(method, path, { token: `${pool}x` })
      expectProblem(broken, 401, problemTypes.unauthorized)
      expect(broken.text).not.toContain(pool)
    }
  })

  it('I5: a job token is good for its own job and fencing token alone', async () => {
    await using http = await HttpFixture.open()
    const session = await http.register('one')
    http.engine.createRun()
    const job = await http.take(session)
    http.engine.createRun({ workspaceId: http.engine.addWorkspace('ws-2') })
    const other = await http.take(session)
    expectProblem(
      await http.call('POST', `/jobs/${other.jobId}/finish`, { ...job, json: report(job) }),
      403,
      problemTypes.forbidden,
    )
    const forged = { ...job, headers: { 'scalr-agent-fencing-token': '2', 'upload-offset': '0' } }
    expectProblem(
      await http.call('PATCH', `/jobs/${job.jobId}/log`, { ...forged, bytes: bytes('x') }),
      403,
      problemTypes.forbidden,
    )
    const json = report({ ...job, fencingToken: 2 })
    const forgedBody = { token: job.token, json }
    expectProblem(
      await http.call('POST', `/jobs/${job.jobId}/finish`, forgedBody),
      403,
      problemTypes.forbidden,
    )
  })

  it('I5: after the job went to another, every call with the old token gets 409', async () => {
    await using http = await HttpFixture.open()
    const [one, two] = [await http.register('one'), await http.register('two')]
    http.engine.createRun()
    const stale = await http.take(one)
    http.engine.db.run("UPDATE jobs SET lease_expires_at = '2000-01-01T00:00:00.000Z'")
    http.engine.engine.reap()
    await http.take(two)
    const path = `/jobs/${stale.jobId}`
    const patch = {
      ...stale,
      bytes: bytes('late'),
      headers: { ...stale.headers, 'upload-offset': '0' },
    }
    const put = {
      ...stale,
      bytes: bytes('x'),
      headers: { ...stale.headers, 'repr-digest': digestOf('x') },
    }
    const answers = [
      await http.call('PATCH', `${path}/log`, patch),
      await http.call('PUT', `${path}/files/plan.bin`, put),
      await http.call('GET', `${path}/files/configuration.tar.gz`, stale),
      await http.call('POST', `${path}/token`, { ...stale, json: { fencingToken: 1 } }),
      await http.call('POST', `${path}/finish`, { ...stale, json: report(stale) }),
      await http.call('POST', `${path}/start`, { token: one, json: { fencingToken: 1 } }),
    ]
    for (const answer of answers) expectProblem(answer, 409, problemTypes.leaseLost)
    expect((await http.call('HEAD', `${path}/log`, stale)).status).toBe(409)
  })

  it('I10: refuses a file that is not what was declared, and keeps nothing of it', async () => {
    await using http = await HttpFixture.open()
    const session = await http.register('one')
    http.engine.createRun()
    const job = await http.take(session)
    const put = (name: string, body: string, digest: string) =>
      http.call('PUT', `/jobs/${job.jobId}/files/${name}`, {
        ...job,
        bytes: bytes(body),
        headers: { ...job.headers, 'repr-digest': digest },
      })
    expectProblem(await put('plan.bin', 'abc', digestOf('abd')), 422, problemTypes.digestMismatch)
    expectProblem(await put('plan.bin', 'abc', 'sha-256=:x:'), 400, problemTypes.invalidRequest)
    expectProblem(await put('other.bin', 'abc', digestOf('abc')), 404, problemTypes.notFound)
    expectProblem(await put('..%2fplan.bin', 'abc', digestOf('abc')), 404, problemTypes.notFound)
    const huge = 'x'.repeat(1024 ** 2 + 1)
    expectProblem(await put('plan.bin', huge, digestOf(huge)), 413, problemTypes.tooLarge)
    const json = report(job, { files: [{ name: 'plan.bin', bytes: 3, digest: digestOf('abc') }] })
    expectProblem(
      await http.call('POST', `/jobs/${job.jobId}/finish`, { ...job, json }),
      422,
      problemTypes.digestMismatch,
    )
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

  it('I12: an idempotency key stands for one request, and its row holds no secret', async () => {
    await using http = await HttpFixture.open()
    const token = await http.poolToken()
    const headers = { 'idempotency-key': 'key-1' }
    const register = (name: string) =>
      http.call('POST', '/sessions', { token, headers, json: registration(name) })
    const first = await register('one')
    expect((await register('one')).body?.['agentId']).toBe(first.body?.['agentId'])
    expectProblem(await register('two'), 422, problemTypes.invalidRequest)
    const rows = JSON.stringify(http.engine.db.all('SELECT * FROM idempotency_keys'))
    expect(rows).toContain('key-1')
    expect(rows).not.toContain(String(first.body?.['sessionToken']))
    expect(rows).not.toContain(token)
  })

  it('gives a fresh job token, and a fresh session token past half of its life', async () => {
    await using http = await HttpFixture.open({ timing: { sessionTokenMs: 3000 } })
    const session = await http.register('one')
    http.engine.createRun()
    const job = await http.take(session)
    const json = { fencingToken: job.fencingToken }
    const fresh = await http.call('POST', `/jobs/${job.jobId}/token`, { ...job, json })
    const token = String(fresh.body?.['jobToken'])
    expect((await http.call('HEAD', `/jobs/${job.jobId}/log`, { ...job, token })).status).toBe(200)

    const { tokens } = http.engine
    const old = await tokens.verify(session)
    if (old.kind !== 'session') throw new Error('not a session token')
    const short = await tokens.issue({ ...old, expiresInMs: 1200 })
    const beat = { slots: { total: 1, free: 1 }, status: 'idle', jobs: [] }
    const answer = await http.call('POST', '/sessions/self/heartbeat', {
      token: short.token,
      json: beat,
    })
    const renewed = String(answer.body?.['sessionToken'])
    expect(await tokens.verify(renewed)).toMatchObject({ sessionId: old.sessionId })
  })

  it('I12: the answers of the database hold no token and no sensitive value of an agent', async () => {
    await using http = await HttpFixture.open()
    const session = await http.register('one')
    http.engine.createRun({
      variables: [
        { key: 'password', value: 'canary-value', category: 'shell', hcl: false, sensitive: true },
      ],
    })
    const job = await http.take(session)
    await http.call('POST', `/jobs/${job.jobId}/finish`, { ...job, json: report(job) })
    const tables = http.engine.db.all<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table'",
    )
    expect(tables.length).toBeGreaterThan(15)
    for (const { name } of tables) {
      if (name === 'signing_keys' || name === 'run_variables') continue
      const rows = JSON.stringify(http.engine.db.all(`SELECT * FROM ${name}`))
      for (const secret of ['canary-value', session, job.token, job.runToken]) {
        expect(rows, name).not.toContain(secret)
      }
    }
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

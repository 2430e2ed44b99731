import { problemTypes } from '@scalr-agent/core/protocol'
import { describe, expect, it } from 'vitest'

import { digestOf } from '../support/digest.ts'
import { registration, report } from '../support/agent-messages.ts'
import { expectProblem } from '../support/expect-problem.ts'
import { HttpFixture } from '../support/http-fixture.ts'

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

describe('who may call what', () => {
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

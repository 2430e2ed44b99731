import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { dataFiles, StateVersionsRepository } from '../../src/store/index.ts'
import type { StartedJob } from '../support/agent-client.ts'
import { HttpFixture } from '../support/http-fixture.ts'
import { stateOf } from '../support/state-of.ts'

interface StateAnswer {
  readonly status: number
  readonly text: string
}

async function call(
  http: HttpFixture,
  method: string,
  options: {
    readonly token?: string
    readonly body?: string | Buffer<ArrayBuffer>
    readonly query?: string
    readonly workspaceId?: string
  },
): Promise<StateAnswer> {
  const { token, body, query = '', workspaceId = 'ws-1' } = options
  const basic = Buffer.from(`run:${token ?? ''}`).toString('base64')
  const response = await fetch(`${http.url}/api/agent/v1/state/${workspaceId}${query}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Basic ${basic}` }),
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { body }),
  })
  return { status: response.status, text: await response.text() }
}

const lockInfo = (id: string): string => JSON.stringify({ ID: id, Operation: 'apply', Who: 'me' })

async function planning(http: HttpFixture, input = {}): Promise<StartedJob> {
  http.engine.createRun(input)
  return http.take(await http.register('one'))
}

describe("Terraform's http backend", () => {
  it('has no state at first, and gives back what was written', async () => {
    await using http = await HttpFixture.open()
    const { runToken: token, statePath } = await planning(http)
    expect(statePath).toBe('/api/agent/v1/state/ws-1')
    expect((await call(http, 'GET', { token })).status).toBe(204)
    const body = stateOf({ serial: 1 })
    expect((await call(http, 'POST', { token, body })).status).toBe(200)
    expect(await call(http, 'GET', { token })).toEqual({ status: 200, text: body.toString() })
    const row = new StateVersionsRepository(http.engine.db).current('ws-1')
    expect(row).toMatchObject({ serial: 1, lineage: 'lineage-1', run_id: 'run-1', rescued: 0 })
    const path = http.engine.files.path(dataFiles.state(row?.id ?? ''))
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('a write that is repeated is one write', async () => {
    await using http = await HttpFixture.open()
    const { runToken: token } = await planning(http)
    const body = stateOf({ serial: 1 })
    await call(http, 'POST', { token, body })
    expect((await call(http, 'POST', { token, body })).status).toBe(200)
    expect(http.engine.db.all('SELECT id FROM state_versions')).toHaveLength(1)
  })

  it.each([
    { name: 'an older serial', body: stateOf({ serial: 4 }), status: 409 },
    {
      name: 'the same serial with other content',
      body: stateOf({ serial: 5, outputs: { a: { value: 1 } } }),
      status: 409,
    },
    { name: 'another lineage', body: stateOf({ serial: 6, lineage: 'other' }), status: 409 },
    { name: 'what is no state', body: Buffer.from('{"serial":6}'), status: 400 },
    { name: 'nothing', body: undefined, status: 400 },
    { name: 'too much', body: Buffer.alloc(1024 ** 2 + 1, ' '), status: 413 },
  ])('I9: refuses $name and changes nothing', async ({ body, status }) => {
    await using http = await HttpFixture.open()
    const { runToken: token } = await planning(http)
    const present = stateOf({ serial: 5 })
    await call(http, 'POST', { token, body: present })
    const answer = await call(http, 'POST', { token, ...(body === undefined ? {} : { body }) })
    expect(answer.status).toBe(status)
    expect((await call(http, 'GET', { token })).text).toBe(present.toString())
  })

  it('is locked for one at a time, and shows who holds it', async () => {
    await using http = await HttpFixture.open()
    const { runToken: token } = await planning(http)
    const user = await http.userToken()
    expect((await call(http, 'LOCK', { token, body: lockInfo('a') })).status).toBe(200)
    // Terraform repeats what got no answer.
    expect((await call(http, 'LOCK', { token, body: lockInfo('a') })).status).toBe(200)
    const refused = await call(http, 'LOCK', { token: user, body: lockInfo('b') })
    expect(refused).toEqual({ status: 423, text: lockInfo('a') })
    const body = stateOf({ serial: 1 })
    const write = (query: string, who = token) => call(http, 'POST', { token: who, body, query })
    expect((await write('?ID=b', user)).status).toBe(423)
    expect((await write('', user)).status).toBe(423)
    expect((await write('?ID=a')).status).toBe(200)
    expect((await call(http, 'UNLOCK', { token: user, body: lockInfo('b') })).status).toBe(409)
    expect((await call(http, 'UNLOCK', { token, body: lockInfo('a') })).status).toBe(200)
    expect((await call(http, 'LOCK', { token: user, body: lockInfo('b') })).status).toBe(200)
    expect((await call(http, 'LOCK', { token, body: 'x' })).status).toBe(400)
  })

  it('a lock that a person breaks stops its holder from writing, and frees the queue', async () => {
    await using http = await HttpFixture.open()
    const user = await http.userToken()
    await call(http, 'LOCK', { token: user, body: lockInfo('a') })
    const runId = http.engine.createRun()
    expect(http.engine.statusOf(runId)).toBe('pending')
    // `terraform force-unlock` sends no lock info.
    expect((await call(http, 'UNLOCK', { token: user })).status).toBe(200)
    expect(http.engine.statusOf(runId)).toBe('plan_queued')
    const body = stateOf()
    const late = await call(http, 'POST', { token: user, body, query: '?ID=a' })
    expect(late.status).toBe(409)
    expect(late.text).toContain('was broken')
  })

  it('dry runs go beside the lock, and write nothing', async () => {
    await using http = await HttpFixture.open()
    const user = await http.userToken()
    await call(http, 'LOCK', { token: user, body: lockInfo('a') })
    const { runToken: token } = await planning(http, { isDry: true })
    expect((await call(http, 'LOCK', { token, body: lockInfo('b') })).status).toBe(200)
    expect((await call(http, 'GET', { token })).status).toBe(204)
    expect((await call(http, 'POST', { token, body: stateOf(), query: '?ID=b' })).status).toBe(403)
    expect((await call(http, 'UNLOCK', { token, body: lockInfo('b') })).status).toBe(200)
    expect((await call(http, 'LOCK', { token: user, body: lockInfo('c') })).status).toBe(423)
  })

  it('is open to its own run and to users of the account, and to nobody else', async () => {
    await using http = await HttpFixture.open()
    const job = await planning(http)
    const { tokens, db } = http.engine
    http.engine.addWorkspace('ws-2')
    db.run("INSERT INTO accounts (id, name, created_at) VALUES ('acc-2', 'b', '')")
    db.run(
      "INSERT INTO users (id, account_id, email, created_at) VALUES ('user-2', 'acc-2', 'b@x', '')",
    )
    const stranger = (await tokens.issue({ kind: 'user', userId: 'user-2' })).token
    const status = async (token: string | undefined, workspaceId = 'ws-1'): Promise<number> =>
      (await call(http, 'GET', { ...(token === undefined ? {} : { token }), workspaceId })).status
    expect(await status(job.runToken)).toBe(204)
    expect(await status(job.runToken, 'ws-2')).toBe(403)
    expect(await status(await http.userToken(), 'ws-2')).toBe(204)
    expect(await status(stranger)).toBe(404)
    expect(await status(job.token)).toBe(403)
    expect(await status(await http.poolToken())).toBe(403)
    expect(await status(undefined)).toBe(401)
    expect(await status('rubbish')).toBe(401)
  })

  it('I6: refuses the run that ended, and the agent that lost the job', async () => {
    await using http = await HttpFixture.open()
    const stale = await planning(http)
    http.engine.db.run("UPDATE jobs SET lease_expires_at = '2000-01-01T00:00:00.000Z'")
    http.engine.engine.reap()
    const body = stateOf()
    const late = await call(http, 'POST', { token: stale.runToken, body })
    expect(late.status).toBe(403)
    expect(late.text).toContain('given to another agent')
    const present = await http.take(await http.register('two'))
    expect((await call(http, 'POST', { token: present.runToken, body })).status).toBe(200)
    expect((await call(http, 'LOCK', { token: stale.runToken, body: lockInfo('x') })).status).toBe(
      403,
    )
  })

  it('I6: a write whose run ended while its body arrived changes nothing', async () => {
    await using http = await HttpFixture.open()
    const { runToken } = await planning(http)
    const state = stateOf()
    const hasBegun = Promise.withResolvers<void>()
    const hasEnded = Promise.withResolvers<void>()
    async function* body(): AsyncGenerator<Uint8Array> {
      yield state.subarray(0, 10)
      hasBegun.resolve()
      await hasEnded.promise
      yield state.subarray(10)
    }
    const answer = fetch(`${http.url}/api/agent/v1/state/ws-1`, {
      method: 'POST',
      headers: { authorization: `Bearer ${runToken}` },
      body: ReadableStream.from(body()),
      duplex: 'half',
    })
    await hasBegun.promise
    // The server has let it in once it waits for the rest; other calls of its are answered by then.
    await call(http, 'GET', { token: runToken })
    http.engine.db.run("UPDATE jobs SET lease_expires_at = '2000-01-01T00:00:00.000Z'")
    http.engine.engine.reap()
    hasEnded.resolve()
    expect((await answer).status).toBe(403)
    expect(new StateVersionsRepository(http.engine.db).current('ws-1')).toBeUndefined()
    expect(readdirSync(join(http.engine.directory, 'states'))).toEqual([])
  })
})

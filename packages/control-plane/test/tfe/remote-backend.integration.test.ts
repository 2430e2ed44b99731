import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { ApiAnswer, Json } from '../support/api-client.ts'
import { callState } from '../support/begin-run.ts'
import { RunningAgent } from '../support/running-agent.ts'
import { stateOf } from '../support/state-of.ts'
import { declared, TfeClient } from '../support/tfe-client.ts'
import { startWorld, uploadConfiguration, type World } from '../support/world.ts'

let world: World
let tfe: TfeClient
let other: TfeClient
let environmentId = ''
let poolId = ''
let count = 0

beforeAll(async () => {
  world = await startWorld({ limits: { stateBytes: 64 * 1024 } })
  tfe = new TfeClient(world)
  const { api } = world
  poolId = (await api.create('/agent-pools', 'agent-pools', { name: 'pool', default: true })).id
  environmentId = (await api.create('/environments', 'environments', { name: 'env' })).id
  const program = await api.create('/service-accounts', 'service-accounts', { name: 'program' })
  const path = `/service-accounts/${program.id}/access-tokens`
  const { attributes } = await api.create(path, 'access-tokens')
  other = new TfeClient(world, attributes.token)
})
afterAll(() => world[Symbol.asyncDispose]())

async function newWorkspace(attributes: Record<string, unknown> = {}): Promise<string> {
  count += 1
  return (await tfe.makeWorkspace(environmentId, { name: `ws-${count}`, ...attributes })).id
}

const detail = (answer: ApiAnswer): string => {
  const [error] = answer.body.errors
  return `${error.title} ${error.detail ?? ''}`
}
const stateLock = async (id: string): Promise<Json> =>
  (await world.api.get(`/workspaces/${id}`)).body.data.attributes['agent-state-lock']
const stateFiles = (): readonly string[] => readdirSync(join(world.dataDir, 'states'))

describe('the API of backend "remote"', () => {
  it('is found, and says what it can', async () => {
    const found = await fetch(`${world.controlPlane.url}/.well-known/terraform.json`)
    expect(await found.json()).toMatchObject({
      'state.v2': '/api/tfe/v2/',
      'tfe.v2': '/api/tfe/v2/',
      'tfe.v2.1': '/api/tfe/v2/',
      'iacp.v3': '/api/iacp/v3/',
    })
    const ping = await tfe.get('/ping')
    expect([ping.status, ping.headers.get('tfp-api-version')]).toEqual([204, '2.5'])
    const set = await tfe.get(`/organizations/${environmentId}/entitlement-set`)
    expect(set.body.data).toMatchObject({ id: environmentId, attributes: { operations: true } })
    expect((await tfe.get('/organizations/env-none/entitlement-set')).status).toBe(404)
    expect((await new TfeClient(world, 'rubbish').get('/ping')).status).toBe(401)
    expect((await tfe.get('/account/details')).body.data.attributes.username).toBe(
      'owner@localhost',
    )
  })

  it('finds workspaces by name, makes, lists and deletes them', async () => {
    const path = `/organizations/${environmentId}/workspaces`
    expect((await tfe.get(`${path}/app-a`)).status).toBe(404)
    await tfe.makeWorkspace(environmentId, { name: 'app-a', 'terraform-version': '1.11.4' })
    await tfe.makeWorkspace(environmentId, { name: 'app-b', 'execution-mode': 'local' })
    expect((await tfe.get(`${path}/app-a`)).body.data.attributes).toMatchObject({
      'execution-mode': 'remote',
      operations: true,
      locked: false,
      'terraform-version': '1.11.4',
    })
    expect((await tfe.get(`${path}/app-b`)).body.data.attributes).toMatchObject({
      operations: false,
      'terraform-version': 'latest',
    })
    const listed = await tfe.get(`${path}?search[name]=app-&page[size]=1&page[number]=2`)
    expect(listed.body.data.map((one: Json) => one.attributes.name)).toEqual(['app-b'])
    expect(listed.body.meta.pagination).toMatchObject({ 'total-pages': 2, 'next-page': null })
    expect((await tfe.get(`${path}?search[name]=%25`)).body.data).toEqual([])
    expect((await tfe.get(`${path}?page[number]=-1`)).status).toBe(400)
    const create = (name: unknown): Promise<ApiAnswer> =>
      tfe.call('POST', path, { data: { type: 'workspaces', attributes: { name } } })
    for (const name of ['app-a', 'a b', '../x', '', 7]) {
      expect((await create(name)).status).toBe(422)
    }
    expect((await tfe.call('POST', path, { data: 'workspace' })).status).toBe(422)
    expect((await tfe.call('DELETE', `${path}/app-a`)).status).toBe(204)
    expect((await tfe.call('DELETE', `${path}/app-a`)).status).toBe(404)
  })

  it('keeps a version only where agents could find it', async () => {
    const made = await tfe.makeWorkspace(environmentId, {
      name: 'own-build',
      'terraform-version': '1.12.0-dev',
    })
    expect(made.attributes['terraform-version']).toBe('latest')
  })
})

describe('a body that nobody sends', () => {
  it('is refused, and never a fault of the server', async () => {
    const id = await newWorkspace()
    const routes = [
      `/organizations/${environmentId}/workspaces`,
      `/workspaces/${id}/state-versions`,
      `/workspaces/${id}/configuration-versions`,
      `/workspaces/${id}/actions/lock`,
      '/runs',
    ]
    const value = fc.jsonValue({ maxDepth: 2 })
    const attributes = fc.dictionary(
      fc.constantFrom(
        'name',
        'state',
        'serial',
        'md5',
        'lineage',
        'force',
        'variables',
        'speculative',
      ),
      value,
    )
    const relation = fc.record({ data: value })
    const document = fc.record({
      data: fc.record({
        attributes,
        relationships: fc.record({ workspace: relation, run: relation }, { requiredKeys: [] }),
      }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...routes),
        fc.oneof(document, value),
        async (path, body) => {
          expect((await tfe.call('POST', path, body)).status).toBeLessThan(500)
        },
      ),
      { numRuns: 150 },
    )
  })
})

describe('the lock', () => {
  it('is one with that of the http backend, and a conflict names its holder', async () => {
    const id = await newWorkspace()
    expect((await tfe.act(id, 'lock')).body.data.attributes.locked).toBe(true)
    const refused = await other.act(id, 'lock')
    expect(refused.status).toBe(409)
    expect(detail(refused)).toContain('taken by owner@localhost')
    expect((await tfe.act(id, 'lock')).status).toBe(409)
    const token = world.controlPlane.ownerToken()
    const info = JSON.stringify({ ID: 'lock-http', Who: 'root@host', Operation: 'OperationApply' })
    const locked = await callState(world, id, 'LOCK', { token, body: info })
    expect([locked.status, await locked.text()]).toEqual([
      423,
      expect.stringContaining('owner@localhost'),
    ])
    expect((await tfe.act(id, 'unlock')).status).toBe(200)
    expect((await callState(world, id, 'LOCK', { token, body: info })).status).toBe(200)
    expect(detail(await tfe.act(id, 'lock'))).toContain('taken by root@host')
    const foreign = await tfe.writeState(id)
    expect([foreign.status, detail(foreign)]).toEqual([
      409,
      expect.stringContaining('lock ID lock-http, taken by root@host'),
    ])
  })

  it('is released by whoever took it, and broken by anybody who says so', async () => {
    const id = await newWorkspace()
    expect((await tfe.act(id, 'unlock')).status).toBe(409)
    expect((await tfe.act(id, 'force-unlock')).status).toBe(409)
    await tfe.act(id, 'lock')
    expect((await other.act(id, 'unlock')).status).toBe(409)
    expect(await stateLock(id)).toMatchObject({ who: 'owner@localhost', 'run-id': null })
    expect((await other.act(id, 'force-unlock')).status).toBe(200)
    expect(await stateLock(id)).toBeNull()
    // The one whose lock was broken is told so before it writes.
    expect(detail(await tfe.writeState(id))).toContain('the lock was broken in the meantime')
  })

  it("gives way to a person's lock, which force-unlock breaks", async () => {
    const id = await newWorkspace()
    const lock = { json: { reason: 'maintenance' } }
    await world.api.call('POST', `/workspaces/${id}/actions/lock`, lock)
    expect(detail(await tfe.act(id, 'lock'))).toContain('locked by a person (maintenance)')
    expect((await tfe.act(id, 'force-unlock')).body.data.attributes.locked).toBe(false)
    expect((await tfe.act(id, 'lock')).status).toBe(200)
  })

  it('holds up runs, which hold it up in turn', async () => {
    const id = await newWorkspace()
    await tfe.act(id, 'lock')
    await uploadConfiguration(world.api, id)
    const run = await world.api.create('/runs', 'runs', {}, { workspace: ['workspaces', id] })
    const status = async (): Promise<string> =>
      (await world.api.get(`/runs/${run.id}`)).body.data.attributes.status
    expect(await status()).toBe('pending')
    const { data } = (await world.api.get(`/runs/${run.id}`)).body
    expect(data.attributes['agent-waiting-reason']).toContain(
      `terraform force-unlock ${environmentId}/ws-${count}`,
    )
    await tfe.act(id, 'unlock')
    expect(await status()).toBe('plan_queued')
    expect(detail(await tfe.act(id, 'lock'))).toContain(`is locked by Run ${run.id}`)
    const path = `/organizations/${environmentId}/workspaces/ws-${count}`
    expect((await tfe.call('DELETE', path)).status).toBe(409)
    await world.api.post(`/runs/${run.id}/actions/cancel`)
    expect((await tfe.act(id, 'lock')).status).toBe(200)
  })
})

describe('a state', () => {
  it('comes back byte by byte, and is the same for every backend', async () => {
    const id = await newWorkspace()
    expect((await tfe.get(`/workspaces/${id}/current-state-version`)).status).toBe(404)
    await tfe.act(id, 'lock')
    const content = stateOf({ serial: 3 })
    const written = await tfe.writeState(id, content)
    expect(written.status).toBe(201)
    // A client that got no answer writes again.
    expect((await tfe.writeState(id, content)).body.data.id).toBe(written.body.data.id)
    const { data } = (await tfe.get(`/workspaces/${id}/current-state-version`)).body
    expect(data).toMatchObject({ id: written.body.data.id, attributes: { serial: 3 } })
    const url = data.attributes['hosted-state-download-url']
    expect((await tfe.get(url)).text).toBe(content.toString())
    const token = world.controlPlane.ownerToken()
    const http = await callState(world, id, 'GET', { token })
    expect(await http.text()).toBe(content.toString())
    const versions = await world.api.get(`/state-versions?filter[workspace]=${id}`)
    expect(versions.body.data).toHaveLength(1)
  })

  it('I9: is refused when it is not what was declared or does not follow, and nothing is changed', async () => {
    const id = await newWorkspace()
    await tfe.act(id, 'lock')
    await tfe.writeState(id, stateOf({ serial: 5 }))
    const before = stateFiles()
    const next = stateOf({ serial: 6 })
    const large = stateOf({ serial: 6, outputs: { a: { value: 'x'.repeat(70_000) } } })
    const cut = String(declared(next)['state']).slice(0, -1)
    const cases: readonly [number, Promise<ApiAnswer>][] = [
      [409, tfe.writeState(id, next, { md5: '0'.repeat(32) })],
      [409, tfe.writeState(id, next, { serial: 7 })],
      [409, tfe.writeState(id, next, { lineage: 'said' })],
      [409, tfe.writeState(id, stateOf({ serial: 4 }))],
      [409, tfe.writeState(id, stateOf({ serial: 5, outputs: { a: { value: 1 } } }))],
      [409, tfe.writeState(id, stateOf({ serial: 6, lineage: 'other' }))],
      [413, tfe.writeState(id, large)],
      [413, tfe.writeState(id, next, { state: 'x'.repeat(400_000) })],
      [422, tfe.writeState(id, next, { state: cut })],
      [422, tfe.writeState(id, next, { state: `${cut}!` })],
      [422, tfe.writeState(id, Buffer.from('{"serial":6}'))],
      [422, tfe.writeState(id, next, { serial: -1 })],
      [422, tfe.writeState(id, next, { md5: 'md5' })],
      [422, tfe.writeState(id, next, {}, { run: { data: { type: 'runs', id: 'run-none' } } })],
      [422, tfe.call('POST', `/workspaces/${id}/state-versions`, [])],
      [404, tfe.writeState('ws-none', next)],
    ]
    for (const [index, [status, answer]] of cases.entries()) {
      expect([index, (await answer).status]).toEqual([index, status])
    }
    const missing = await tfe.writeState(id, next, { state: undefined })
    // The words by which clients know that they have to send the state in the document.
    expect(detail(missing)).toContain('param is missing or the value is empty: state')
    const current = await tfe.get(`/workspaces/${id}/current-state-version`)
    expect(current.body.data.attributes.serial).toBe(5)
    expect(stateFiles()).toEqual(before)
  })

  it('I9: is not written without the lock; a person may overwrite with force', async () => {
    const id = await newWorkspace()
    const refused = await tfe.writeState(id)
    expect([refused.status, detail(refused)]).toEqual([409, expect.stringContaining('-lock=false')])
    await tfe.act(id, 'lock')
    await tfe.writeState(id, stateOf({ serial: 9 }))
    const old = stateOf({ serial: 2, lineage: 'other' })
    expect((await tfe.writeState(id, old)).status).toBe(409)
    expect((await tfe.writeState(id, old, { force: true })).status).toBe(201)
  })
})

describe('a run token', () => {
  interface Running {
    readonly id: string
    readonly runId: string
    readonly run: TfeClient
    readonly agent: RunningAgent
    readonly spec: Awaited<ReturnType<RunningAgent['take']>>
  }

  async function running(attributes: Record<string, unknown> = {}): Promise<Running> {
    const id = await newWorkspace()
    await uploadConfiguration(world.api, id)
    const created = await world.api.create('/runs', 'runs', attributes, {
      workspace: ['workspaces', id],
    })
    const agent = await RunningAgent.register(world, poolId)
    const spec = await agent.take()
    return { id, runId: created.id, run: new TfeClient(world, spec.runToken), agent, spec }
  }

  it('opens its own workspace, and nothing else', async () => {
    const neighbour = await newWorkspace()
    const { id, runId, run, agent, spec } = await running()
    const organization = `/organizations/${environmentId}`
    expect((await run.get(`${organization}/entitlement-set`)).status).toBe(200)
    expect((await run.get(`${organization}/workspaces`)).body.data).toMatchObject([{ id }])
    const own = await run.get(`/workspaces/${id}`)
    expect(own.body.data.attributes.permissions['can-queue-run']).toBeUndefined()
    expect((await run.act(id, 'lock')).status).toBe(200)
    expect((await stateLock(id))['run-id']).toBe(runId)
    expect(detail(await tfe.act(id, 'force-unlock'))).toContain('at work: cancel it first')
    const written = await run.writeState(id, stateOf(), { force: true })
    expect(written.body.data.relationships.run.data.id).toBe(runId)
    const backwards = await run.writeState(id, stateOf({ serial: 0 }), { force: true })
    expect(backwards.status).toBe(409)
    expect((await run.act(id, 'unlock')).status).toBe(200)

    await tfe.act(neighbour, 'lock')
    await tfe.writeState(neighbour)
    const { data } = (await tfe.get(`/workspaces/${neighbour}/current-state-version`)).body
    const denied = [
      run.get(`/workspaces/${neighbour}`),
      run.get(
        `${organization}/workspaces/${(await tfe.get(`/workspaces/${neighbour}`)).body.data.attributes.name}`,
      ),
      run.get(`/workspaces/${neighbour}/current-state-version`),
      run.get(`/state-versions/${data.id}`),
      run.get(`/state-versions/${data.id}/download`),
      run.act(neighbour, 'lock'),
      run.act(neighbour, 'unlock'),
      run.writeState(neighbour, stateOf({ serial: 2 })),
      run.act(id, 'force-unlock'),
      run.call('DELETE', `/workspaces/${id}`),
      run.call('POST', `${organization}/workspaces`, { data: { attributes: { name: 'x' } } }),
      run.get('/organizations/env-none/entitlement-set'),
      run.get(`/runs/${runId}`),
    ]
    for (const [index, answer] of denied.entries()) {
      expect([index, (await answer).status]).toEqual([index, 404])
    }
    await agent.finish(spec)
    expect((await run.get(`/workspaces/${id}`)).status).toBe(401)
  })

  it('of a dry run reads, and changes nothing', async () => {
    const { id, run, agent, spec } = await running({ 'is-dry': true })
    expect((await tfe.act(id, 'lock')).status).toBe(200)
    expect((await run.act(id, 'lock')).status).toBe(200)
    expect((await run.writeState(id)).status).toBe(403)
    expect((await run.act(id, 'unlock')).status).toBe(200)
    expect((await stateLock(id)).who).toBe('owner@localhost')
    await agent.finish(spec)
  })

  it('I6: a write whose run ended while its body arrived changes nothing', async () => {
    const { id, run, agent, spec } = await running()
    await run.act(id, 'lock')
    const attributes = declared(stateOf())
    const document = JSON.stringify({ data: { type: 'state-versions', attributes } })
    const hasBegun = Promise.withResolvers<void>()
    const hasEnded = Promise.withResolvers<void>()
    async function* body(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(document.slice(0, 10))
      hasBegun.resolve()
      await hasEnded.promise
      yield Buffer.from(document.slice(10))
    }
    const answer = fetch(`${world.controlPlane.url}/api/tfe/v2/workspaces/${id}/state-versions`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${spec.runToken}`,
        'content-type': 'application/vnd.api+json',
      },
      body: ReadableStream.from(body()),
      duplex: 'half',
    })
    await hasBegun.promise
    // The server has let it in once it waits for the rest; other calls of its are answered by then.
    await run.get('/ping')
    await agent.finish(spec)
    hasEnded.resolve()
    expect([401, 403]).toContain((await answer).status)
    expect((await tfe.get(`/workspaces/${id}/current-state-version`)).status).toBe(404)
  })
})

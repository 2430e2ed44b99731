import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { ApiAnswer, Json } from '../support/api-client.ts'
import { RunningAgent } from '../support/running-agent.ts'
import { TfeClient } from '../support/tfe-client.ts'
import { archive, startWorld, type World } from '../support/world.ts'

let world: World
let tfe: TfeClient
let agent: RunningAgent
let environmentId = ''
let count = 0

beforeAll(async () => {
  world = await startWorld()
  tfe = new TfeClient(world)
  const { api } = world
  const pool = await api.create('/agent-pools', 'agent-pools', { name: 'pool', default: true })
  environmentId = (await api.create('/environments', 'environments', { name: 'env' })).id
  agent = await RunningAgent.register(world, pool.id)
})
afterAll(() => world[Symbol.asyncDispose]())

async function newWorkspace(attributes: Record<string, unknown> = {}): Promise<string> {
  count += 1
  return (await tfe.makeWorkspace(environmentId, { name: `ws-${count}`, ...attributes })).id
}

async function newConfiguration(workspaceId: string, isSpeculative = false): Promise<Json> {
  const attributes = { 'auto-queue-runs': false, speculative: isSpeculative }
  const path = `/workspaces/${workspaceId}/configuration-versions`
  const data = { type: 'configuration-versions', attributes }
  return (await tfe.call('POST', path, { data })).body.data
}

/** As the client does: to the link, without a token. */
async function put(url: string, bytes: Uint8Array): Promise<number> {
  return (await fetch(url, { method: 'PUT', body: Buffer.from(bytes) })).status
}

const good = archive([{ name: 'main.tf', content: 'output "a" { value = 1 }\n' }])

function createRun(
  workspaceId: string,
  configurationId: string | null,
  attributes: Record<string, unknown> = {},
): Promise<ApiAnswer> {
  const relationships = {
    workspace: { data: { type: 'workspaces', id: workspaceId } },
    'configuration-version': {
      data: configurationId && { type: 'configuration-versions', id: configurationId },
    },
  }
  return tfe.call('POST', '/runs', { data: { type: 'runs', attributes, relationships } })
}

async function startRun(attributes: Record<string, unknown> = {}, isSpeculative = false) {
  const workspaceId = await newWorkspace()
  const configuration = await newConfiguration(workspaceId, isSpeculative)
  await put(configuration.attributes['upload-url'], await good)
  const created = await createRun(workspaceId, configuration.id, attributes)
  if (created.status !== 201) throw new Error(created.text)
  const { id, relationships } = created.body.data
  return {
    id: String(id),
    workspaceId,
    planId: String(relationships.plan.data.id),
    applyId: String(relationships.apply.data.id),
    read: async (): Promise<Json> => (await tfe.get(`/runs/${id}`)).body.data,
    act: (action: string) => tfe.call('POST', `/runs/${id}/actions/${action}`),
  }
}

const logUrl = async (path: string): Promise<string> =>
  (await tfe.get(path)).body.data.attributes['log-read-url']
const readLog = async (url: string, query = ''): Promise<string> =>
  await (await fetch(`${url}${query}`)).text()

describe('a configuration', () => {
  it('is uploaded once, by its link alone', async () => {
    const { id, attributes } = await newConfiguration(await newWorkspace())
    const url = String(attributes['upload-url'])
    expect(attributes).toMatchObject({ status: 'pending', speculative: false })
    const forged = [url.slice(0, -1), url.replace(/upload\/\d+/u, 'upload/9999999999'), `${url}x`]
    for (const other of forged) expect(await put(other, await good)).toBe(404)
    const { id: another } = await newConfiguration(await newWorkspace())
    expect(await put(url.replace(id, another), await good)).toBe(404)
    expect(await put(url, await good)).toBe(200)
    const { data } = (await tfe.get(`/configuration-versions/${id}`)).body
    expect(data.attributes).toMatchObject({ status: 'uploaded', 'upload-url': null })
    expect(await put(url, await good)).toBe(409)
  })

  it('that is no archive is refused, and says so', async () => {
    const { id, attributes } = await newConfiguration(await newWorkspace())
    expect(await put(attributes['upload-url'], Buffer.from('no archive'))).toBe(422)
    const { data } = (await tfe.get(`/configuration-versions/${id}`)).body
    expect(data.attributes).toMatchObject({ status: 'errored' })
    expect(data.attributes['error-message']).toContain('archive')
  })
})

describe('a run', () => {
  it('goes from plan to apply, with logs that are followed', async () => {
    const run = await startRun({ message: 'from here' })
    // Nobody works on it yet.
    expect((await run.read()).attributes).toMatchObject({ status: 'pending', 'plan-only': false })
    const plan = await agent.take()
    const link = await logUrl(`/plans/${run.planId}`)
    expect(await readLog(link)).toBe('\u0002')
    await agent.print(plan, 'Plan: 1 to add\n')
    expect(await readLog(link, '?limit=5&offset=0')).toBe('\u0002Plan')
    expect((await run.act('apply')).status).toBe(409)
    await agent.finishPlan(plan)
    expect(await readLog(link, '?limit=100&offset=5')).toBe(': 1 to add\n\u0003')
    expect((await run.read()).attributes).toMatchObject({
      status: 'planned',
      'has-changes': true,
      actions: { 'is-confirmable': true, 'is-cancelable': false, 'is-discardable': true },
    })
    expect((await run.act('apply')).status).toBe(202)
    expect((await run.read()).attributes.status).toBe('confirmed')
    const apply = await agent.take()
    await agent.finish(apply)
    expect(await readLog(await logUrl(`/applies/${run.applyId}`))).toBe('\u0002\n\n\n\u0003')
    expect((await run.read()).attributes.status).toBe('applied')
    expect(await readLog(link.slice(0, -1))).toContain('not found')
    expect(await readLog(link.replace(run.planId, run.applyId))).toContain('not found')
    const listed = await tfe.get(`/workspaces/${run.workspaceId}/runs`)
    expect(listed.body.data).toMatchObject([{ id: run.id }])
    expect((await world.api.get(`/runs/${run.id}`)).body.data.attributes).toMatchObject({
      source: 'cli',
      message: 'from here',
    })
  })

  it('is cancelled politely first, and by force only then', async () => {
    const run = await startRun()
    const plan = await agent.take()
    expect((await run.act('force-cancel')).status).toBe(409)
    expect((await run.act('cancel')).status).toBe(202)
    expect((await run.read()).attributes.actions['is-force-cancelable']).toBe(true)
    expect((await run.act('force-cancel')).status).toBe(202)
    await agent.finish(plan, { result: 'canceled' })
    expect((await run.read()).attributes.status).toBe('canceled')
    expect((await run.act('cancel')).status).toBe(202)
    expect((await run.act('discard')).status).toBe(409)
  })

  it('of a configuration for plans alone changes nothing, and is not in the queue', async () => {
    const run = await startRun({ refresh: false, 'target-addrs': ['terraform_data.one'] }, true)
    expect((await run.read()).attributes).toMatchObject({
      'plan-only': true,
      refresh: false,
      'target-addrs': ['terraform_data.one'],
    })
    expect((await tfe.get(`/workspaces/${run.workspaceId}/runs`)).body.data).toEqual([])
    await run.act('cancel')
  })

  it('is refused when it could not be what was asked for', async () => {
    const workspaceId = await newWorkspace()
    const configuration = await newConfiguration(workspaceId)
    const pending = await createRun(workspaceId, configuration.id)
    expect([pending.status, pending.text]).toEqual([422, expect.stringContaining('not uploaded')])
    await put(configuration.attributes['upload-url'], await good)
    for (const attributes of [
      { 'terraform-version': '1.5.7' },
      { 'allow-empty-apply': true },
      { 'refresh-only': true, 'is-destroy': true },
      { 'target-addrs': ['two\nlines'] },
      { variables: [{ key: 'a b', value: '1' }] },
      { variables: 'none' },
    ]) {
      expect((await createRun(workspaceId, configuration.id, attributes)).status).toBe(422)
    }
    expect((await createRun('ws-none', configuration.id)).status).toBe(404)
    const local = await newWorkspace({ operations: false })
    const other = await newConfiguration(local)
    await put(other.attributes['upload-url'], await good)
    const refused = await createRun(local, other.id)
    expect(refused.text).toContain('local execution mode')
    expect((await tfe.get(`/workspaces/${workspaceId}/runs`)).body.data).toEqual([])
  })
})

describe('a check of policies', () => {
  it('is waited for, shown and overridden', async () => {
    const { api } = world
    const group = await api.create('/policy-groups', 'policy-groups', {
      name: 'security',
      'is-enforced': true,
    })
    const manifest = 'version = "v1"\npolicy "one" {\n  enforcement_level = "soft-mandatory"\n}\n'
    const bundle = await archive([
      { name: 'scalr-policy.hcl', content: manifest },
      { name: 'one.rego', content: 'package terraform\ndeny contains "x" if false\n' },
    ])
    await api.call('PUT', group.links.upload, { bytes: bundle })
    const { data } = (await api.get(`/policy-groups/${group.id}`)).body
    const policy = data.relationships.policies.data[0].id

    const run = await startRun()
    await agent.finish(
      await agent.take(),
      { hasChanges: true },
      { 'plan.bin': Buffer.from('a plan'), 'plan.json': Buffer.from('{}') },
    )
    const [{ id }] = (await run.read()).relationships['policy-checks'].data
    const read = async (): Promise<Json> => (await tfe.get(`/policy-checks/${id}`)).body.data
    const check = await agent.take()
    expect((await read()).attributes).toMatchObject({ status: 'queued', scope: 'organization' })
    await agent.print(check, 'one failed\n')
    const said = { group: group.id, policy, result: 'failed', messages: ['because'] }
    const results = JSON.stringify({ version: 1, policies: [said] })
    await agent.finish(check, {}, { 'policy-results.json': Buffer.from(results) })
    expect((await read()).attributes).toMatchObject({
      status: 'soft_failed',
      actions: { 'is-overridable': true },
    })
    expect((await run.read()).attributes.status).toBe('policy_override')
    expect((await tfe.get(`/policy-checks/${id}/output`)).text).toBe('one failed\n')
    const overridden = await tfe.call('POST', `/policy-checks/${id}/actions/override`)
    expect(overridden.body.data.attributes.status).toBe('overridden')
    expect((await run.read()).attributes.actions['is-confirmable']).toBe(true)
    await run.act('discard')
    await api.delete(`/policy-groups/${group.id}`)
  })
})

describe('a client that waits', () => {
  it('is told whom the run waits for', async () => {
    const first = await startRun()
    const configuration = await newConfiguration(first.workspaceId)
    await put(configuration.attributes['upload-url'], await good)
    const second = (await createRun(first.workspaceId, configuration.id)).body.data
    expect((await tfe.get(`/workspaces/${first.workspaceId}`)).body.data).toMatchObject({
      attributes: { locked: false },
      relationships: { 'current-run': { data: { id: first.id } } },
    })
    const queue = await tfe.get(`/organizations/${environmentId}/runs/queue`)
    const positions = queue.body.data.map((run: Json) => [
      run.id,
      run.attributes['position-in-queue'],
    ])
    expect(positions).toEqual([
      [first.id, 0],
      [second.id, 0],
    ])
    const capacity = await tfe.get(`/organizations/${environmentId}/capacity`)
    expect(capacity.body.data.attributes).toEqual({ pending: 1, running: 1 })
    for (const id of [second.id, first.id]) await tfe.call('POST', `/runs/${id}/actions/cancel`)
  })

  it("is told of a person's lock by the run that waits behind it", async () => {
    const workspaceId = await newWorkspace()
    const configuration = await newConfiguration(workspaceId)
    await put(configuration.attributes['upload-url'], await good)
    await world.api.post(`/workspaces/${workspaceId}/actions/lock`)
    const run = (await createRun(workspaceId, configuration.id)).body.data
    expect((await tfe.get(`/workspaces/${workspaceId}`)).body.data).toMatchObject({
      attributes: { locked: true },
      relationships: { 'current-run': { data: { id: run.id } } },
    })
    expect((await tfe.get(`/runs/${run.id}`)).body.data.attributes.status).toBe('pending')
    await tfe.call('POST', `/runs/${run.id}/actions/cancel`)
  })

  it('I12: sees variables, and no value of a sensitive one', async () => {
    const workspaceId = await newWorkspace()
    const create = (key: string, sensitive: boolean): Promise<Json> =>
      world.api.create(
        '/vars',
        'vars',
        { key, value: `canary-${key}`, category: 'terraform', sensitive },
        { workspace: ['workspaces', workspaceId] },
      )
    await create('open', false)
    await create('secret', true)
    const listed = await tfe.get(`/workspaces/${workspaceId}/vars`)
    expect(listed.body.data).toMatchObject([
      { attributes: { key: 'open', value: 'canary-open' } },
      { attributes: { key: 'secret', value: null, sensitive: true } },
    ])
    expect(listed.text).not.toContain('canary-secret')
  })
})

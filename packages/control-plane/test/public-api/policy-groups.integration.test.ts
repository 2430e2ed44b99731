import { describe, expect, it } from 'vitest'

import { AgentClient, type StartedJob } from '../support/agent-client.ts'
import { report } from '../support/agent-messages.ts'
import type { ApiClient, Json } from '../support/api-client.ts'
import { digestOf } from '../support/digest.ts'
import {
  archive,
  makeWorkspace,
  startWorld,
  uploadConfiguration,
  type World,
} from '../support/world.ts'

const manifest = (level: string): string =>
  `version = "v1"\npolicy "one" {\n  enforcement_level = "${level}"\n}\n`
const rego = 'package terraform\ndeny contains "never" if false\n'

const bundle = (level = 'hard-mandatory', more: Readonly<Record<string, string>> = {}) =>
  archive(
    Object.entries({ 'scalr-policy.hcl': manifest(level), 'one.rego': rego, ...more }).map(
      ([name, content]) => ({ name, content }),
    ),
  )

async function makeGroup(api: ApiClient, attributes: Record<string, unknown> = {}): Promise<Json> {
  return await api.create('/policy-groups', 'policy-groups', { name: 'security', ...attributes })
}

const upload = async (api: ApiClient, group: Json, bytes: Uint8Array) =>
  api.call('PUT', group.links.upload, { bytes })

const attributesOf = async (api: ApiClient, path: string): Promise<Json> =>
  (await api.get(path)).body.data.attributes

describe('policy groups', () => {
  it('are made, changed, linked, unlinked and deleted', async () => {
    await using world = await startWorld()
    const { api } = world
    const { environmentId } = await makeWorkspace(api)
    const group = await makeGroup(api, { 'opa-version': '1.22.2' })
    expect(group.attributes).toMatchObject({
      name: 'security',
      status: 'fetching',
      'opa-version': '1.22.2',
      'is-enforced': false,
      'execute-as': 'policy_check',
    })
    const path = `/policy-groups/${group.id}`
    const links = `${path}/relationships/environments`
    const data = [{ type: 'environments', id: environmentId }]
    expect((await api.post(links, { data: 'all' })).status).toBe(422)
    expect((await api.post(links, { data })).status).toBe(204)
    expect((await api.post(links, { data })).status).toBe(204)
    const listed = await api.get(`/policy-groups?filter[environment]=${environmentId}`)
    expect(listed.body.data.map(({ id }: Json) => id)).toEqual([group.id])
    const environment = (await api.get(`/environments/${environmentId}`)).body.data
    expect(environment.relationships['policy-groups'].data).toEqual([
      { type: 'policy-groups', id: group.id },
    ])
    expect((await api.delete(path)).body.errors[0].detail).toBe(
      "Can't be deleted. The policy group is in use.",
    )
    expect((await api.delete(`${links}/${environmentId}`)).status).toBe(204)
    expect((await api.delete(`${links}/${environmentId}`)).status).toBe(404)
    await api.write('PATCH', path, 'policy-groups', { 'is-enforced': true, name: 'all' })
    expect(await attributesOf(api, path)).toMatchObject({ name: 'all', 'is-enforced': true })
    expect((await api.delete(path)).status).toBe(204)
    expect((await api.get(path)).status).toBe(404)
  })

  it.each([
    ['a name with blanks', { name: 'a b' }, '/data/attributes/name'],
    ['half a version', { 'opa-version': '1.2' }, '/data/attributes/opa-version'],
    ['a check before the plan', { 'execute-as': 'pre_plan_check' }, '/data/attributes/execute-as'],
    [
      'a folder that leaves the bundle',
      { 'common-functions-folder': '../lib' },
      '/data/attributes/common-functions-folder',
    ],
    [
      'the same of the policies',
      { 'vcs-repo': { identifier: 'a/b', path: 'x/../..' } },
      '/data/attributes/vcs-repo/path',
    ],
  ])('refuse %s', async (_what, attributes, pointer) => {
    await using world = await startWorld()
    const answer = await world.api.write('POST', '/policy-groups', 'policy-groups', {
      name: 'security',
      ...attributes,
    })
    expect(answer.status).toBe(422)
    expect(answer.body.errors[0].source.pointer).toBe(pointer)
  })

  it('hold what their bundle declares, and keep the ids of policies by their names', async () => {
    await using world = await startWorld()
    const { api } = world
    const group = await makeGroup(api, {
      'vcs-repo': { identifier: 'acme/policies', path: '/policies/' },
      'common-functions-folder': '/lib',
    })
    const put = async (level: string) =>
      upload(
        api,
        group,
        await archive([
          { name: 'policies/scalr-policy.hcl', content: manifest(level) },
          { name: 'policies/one.rego', content: rego },
          { name: 'lib/common.rego', content: 'package common\n' },
        ]),
      )
    expect((await put('advisory')).status).toBe(200)
    const first = (await api.get(`/policy-groups/${group.id}?include=policies`)).body
    expect(first.data.attributes.status).toBe('active')
    expect(first.included).toMatchObject([
      { attributes: { name: 'one', enabled: true, 'enforced-level': 'advisory' } },
    ])
    await put('hard-mandatory')
    const policy = (await api.get(`/policies/${first.included[0].id}`)).body.data
    expect(policy.attributes['enforced-level']).toBe('hard-mandatory')
    expect(policy.relationships['policy-group'].data.id).toBe(group.id)
  })

  it.each([
    ['no manifest', { 'one.rego': rego }, "holds no file 'scalr-policy.hcl'"],
    [
      'a level that there is not',
      { 'scalr-policy.hcl': manifest('hard'), 'one.rego': rego },
      'scalr-policy.hcl:3: expected one of',
    ],
    [
      'a policy without its file',
      { 'scalr-policy.hcl': manifest('advisory'), 'other.rego': rego },
      `scalr-policy.hcl:2: policy "one" is declared, but the bundle holds no file 'one.rego'`,
    ],
  ])('refuse a bundle with %s, and go on with the one before', async (_what, files, message) => {
    await using world = await startWorld()
    const { api } = world
    const group = await makeGroup(api)
    await upload(api, group, await bundle())
    const entries = Object.entries(files).map(([name, content]) => ({ name, content }))
    const answer = await upload(api, group, await archive(entries))
    expect(answer.status).toBe(422)
    expect(answer.body.errors[0].detail).toContain(message)
    const { data } = (await api.get(`/policy-groups/${group.id}`)).body
    expect(data.attributes).toMatchObject({
      status: 'errored',
      'error-message': expect.stringContaining(message),
    })
    expect(data.relationships.policies.data).toHaveLength(1)
  })

  it('refuse archives that leave their tree, and ones without what they say they have', async () => {
    await using world = await startWorld()
    const { api } = world
    const group = await makeGroup(api, { 'common-functions-folder': 'lib' })
    const escape = await upload(api, group, await archive([{ name: '../evil', content: 'x' }]))
    expect(escape.status).toBe(422)
    const lib = await upload(api, group, await bundle())
    expect(lib.body.errors[0].detail).toContain("no files below 'lib'")
    expect((await upload(api, group, Buffer.from('nonsense'))).status).toBe(422)
    expect(await attributesOf(api, `/policy-groups/${group.id}`)).toMatchObject({
      status: 'errored',
    })
  })
})

/** A world with one run whose policy check an agent holds. */
async function checking(
  world: World,
  level: string,
): Promise<{
  readonly agent: AgentClient
  readonly runId: string
  readonly job: StartedJob
  readonly checkId: string
  readonly policy: { readonly group: string; readonly policy: string }
}> {
  const { api } = world
  const { poolId, workspaceId } = await makeWorkspace(api)
  await uploadConfiguration(api, workspaceId)
  const group = await makeGroup(api, { 'is-enforced': true })
  await upload(api, group, await bundle(level))
  const pool = await api.create(`/agent-pools/${poolId}/access-tokens`, 'access-tokens', {})
  const agent = new AgentClient(world.controlPlane.url)
  const session = await agent.registerWith(pool.attributes.token, 'one')
  const run = await api.create('/runs', 'runs', {}, { workspace: ['workspaces', workspaceId] })
  const plan = await agent.take(session)
  await finish(agent, plan, { 'plan.bin': 'a plan', 'plan.json': '{"secret": 1}' })
  const job = await agent.take(session)
  const checks = (await api.get(`/runs/${run.id}/policy-checks`)).body.data
  const [policy] = (await api.get(`/policy-groups/${group.id}?include=policies`)).body.included
  return {
    agent,
    runId: run.id,
    job,
    checkId: checks[0].id,
    policy: { group: group.id, policy: policy.id },
  }
}

async function finish(
  agent: AgentClient,
  job: StartedJob,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await agent.call('PUT', `/jobs/${job.jobId}/files/${name}`, {
      token: job.token,
      bytes: Buffer.from(content),
      headers: { ...job.headers, 'repr-digest': digestOf(content) },
    })
  }
  const answer = await agent.call('POST', `/jobs/${job.jobId}/finish`, {
    token: job.token,
    headers: job.headers,
    json: report(job, {
      hasChanges: true,
      files: Object.entries(files).map(([name, content]) => ({
        name,
        bytes: Buffer.byteLength(content),
        digest: digestOf(content),
      })),
    }),
  })
  if (answer.status !== 200) throw new Error(`Not finished: ${answer.text}`)
}

describe('policy checks', () => {
  it('are reported, shown and overridden', async () => {
    await using world = await startWorld()
    const { api } = world
    const { agent, job, runId, checkId, policy } = await checking(world, 'soft-mandatory')
    const run = (await api.get(`/runs/${runId}`)).body.data
    expect(run.attributes.status).toBe('policy_checking')
    expect(run.relationships['policy-checks'].data).toEqual([
      { type: 'policy-checks', id: checkId },
    ])
    const early = await api.post(`/policy-checks/${checkId}/actions/override`)
    expect(early.status).toBe(409)
    expect(early.body.errors[0].detail).toBe(
      'Override is not possible in a current policy check status.',
    )

    const results = { version: 1, policies: [{ ...policy, result: 'failed', messages: ['no'] }] }
    await finish(agent, job, { 'policy-results.json': JSON.stringify(results) })
    expect((await attributesOf(api, `/runs/${runId}`)).status).toBe('policy_override')
    expect(await attributesOf(api, `/policy-checks/${checkId}`)).toMatchObject({
      status: 'soft_failed',
      permissions: { override: true },
      result: { 'soft-failed': 1, policies: [{ name: 'one', messages: ['no'] }] },
    })
    expect((await api.get(`/policy-checks/${checkId}/output`)).status).toBe(204)
    const done = await api.post(`/policy-checks/${checkId}/actions/override`, { comment: 'fine' })
    expect(done.status).toBe(200)
    expect(done.body.data.attributes).toMatchObject({
      status: 'overridden',
      'agent-override': { comment: 'fine' },
    })
    expect((await attributesOf(api, `/runs/${runId}`)).status).toBe('policy_checked')
    expect((await api.post(`/runs/${runId}/actions/apply`)).status).toBe(202)
  })

  it('give their input to whoever wants to try a policy', async () => {
    await using world = await startWorld()
    const { api } = world
    const { runId } = await checking(world, 'advisory')
    const answer = await fetch(`${world.controlPlane.url}/api/iacp/v3/runs/${runId}/policy-input`, {
      headers: { authorization: `Bearer ${world.controlPlane.ownerToken()}` },
    })
    expect(answer.headers.get('content-type')).toBe('application/zip')
    const zip = Buffer.from(await answer.arrayBuffer())
    expect(zip.subarray(0, 2).toString()).toBe('PK')
    expect(zip.includes('input.json')).toBe(true)
    expect((await api.get(`/runs/${runId}/policy-input?stage=later`)).status).toBe(400)
    expect((await api.get(`/runs/${runId}/policy-input?stage=pre_plan`)).status).toBe(200)
    expect((await api.get('/runs/run-none/policy-input')).status).toBe(404)
  })

  it('refuse files that are none of theirs', async () => {
    await using world = await startWorld()
    const { agent, job, runId } = await checking(world, 'advisory')
    const answer = await agent.call('PUT', `/jobs/${job.jobId}/files/other.json`, {
      token: job.token,
      bytes: Buffer.from('x'),
      headers: { ...job.headers, 'repr-digest': digestOf('x') },
    })
    expect(answer.status).toBe(404)
    expect((await attributesOf(world.api, `/runs/${runId}`)).status).toBe('policy_checking')
  })
})

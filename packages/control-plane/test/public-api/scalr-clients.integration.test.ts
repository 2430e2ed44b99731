import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { ApiAnswer, ApiClient } from '../support/api-client.ts'
import {
  archive,
  makeWorkspace,
  startWorld,
  uploadConfiguration,
  type World,
} from '../support/world.ts'

/** Requests as programs of Scalr's send them, each as seen on the wire or in its source. */
describe('clients of Scalr', () => {
  let world: World
  let api: ApiClient
  let workspaceId: string
  let poolId: string

  beforeAll(async () => {
    world = await startWorld()
    ;({ api } = world)
    ;({ workspaceId, poolId } = await makeWorkspace(api))
    await uploadConfiguration(api, workspaceId)
  })
  afterAll(async () => {
    await world[Symbol.asyncDispose]()
  })

  const paging = 'page[number]=1&page[size]=100'
  const jsonApi = { 'content-type': 'application/vnd.api+json' }
  const json = { 'content-type': 'application/json' }

  async function startRun(query = ''): Promise<string> {
    const made = await api.write(
      'POST',
      `/runs${query}`,
      'runs',
      {},
      {
        workspace: ['workspaces', workspaceId],
      },
    )
    expect(made.status).toBe(201)
    return made.body.data.id
  }

  it.each(['tags', 'hooks', 'policy-groups', 'vcs-providers', 'environments', 'agents'])(
    'go-scalr, scalr-cli: %s are listed by account',
    async (list) => {
      const own = await api.get(`/${list}?filter[account]=${world.controlPlane.accountId}`)
      expect(own.status).toBe(200)
      expect((await api.get(`/${list}?filter[account]=acc-other`)).body.data).toEqual([])
    },
  )

  it('go-scalr: a PATCH of a workspace says null of all that is unset, and has underscores', async () => {
    const answer = await api.call('PATCH', `/workspaces/${workspaceId}`, {
      json: {
        data: {
          type: 'workspaces',
          attributes: {
            name: 'renamed',
            'file-triggers-enabled': true,
            'run-operation-timeout': null,
            terragrunt: null,
            var_files: ['a.tfvars'],
            'vcs-repo': null,
            'working-directory': '',
          },
          relationships: {
            'agent-pool': { data: { type: 'agent-pools', id: poolId } },
            'module-version': { data: null },
            'vcs-provider': { data: null },
          },
        },
      },
    })
    expect(answer.status).toBe(200)
    expect(answer.body.data.attributes).toMatchObject({
      name: 'renamed',
      'var-files': ['a.tfvars'],
    })
  })

  it('go-scalr: an action of a run is a resource of no type, and what it says counts', async () => {
    const id = await startRun()
    const apply = (attributes: Record<string, unknown>): Promise<ApiAnswer> =>
      api.call('POST', `/runs/${id}/actions/apply`, {
        json: { data: { type: '', attributes } },
        headers: json,
      })
    expect((await apply({ comment: 'yes', 'apply-at': null })).status).toBe(409)
    expect((await apply({ comment: 'yes', 'apply-at': '2030-01-01T00:00:00Z' })).status).toBe(422)
    const canceled = await api.call('POST', `/runs/${id}/actions/cancel`, {
      json: { data: { type: '', attributes: { comment: 'no' } } },
      headers: json,
    })
    expect(canceled.status).toBe(202)
  })

  it('go-scalr v2: the media type is sent where there is no body, and null where nothing is said', async () => {
    const tag = await api.create('/tags', 'tags', { name: 'v2' })
    for (const [method, path, status] of [
      ['GET', `/tags/${tag.id}`, 200],
      ['DELETE', `/tags/${tag.id}`, 204],
    ] as const) {
      expect((await api.call(method, path, { headers: jsonApi })).status).toBe(status)
    }
    const id = await startRun()
    const canceled = await api.call('POST', `/runs/${id}/actions/cancel`, {
      json: null,
      headers: json,
    })
    expect(canceled.status).toBe(202)
  })

  it('scalr-cli: pages are named in all requests, writes too', async () => {
    const made = await api.write('POST', `/tags?${paging}`, 'tags', { name: 'cli' })
    expect(made.status).toBe(201)
    const path = `/tags/${made.body.data.id}?${paging}`
    expect((await api.write('PATCH', path, 'tags', { name: 'cli2' })).status).toBe(200)
    expect((await api.get(path)).status).toBe(200)
    expect((await api.delete(path)).status).toBe(204)
    const id = await startRun(`?${paging}`)
    const canceled = await api.call('POST', `/runs/${id}/actions/cancel?${paging}`, {
      json: { comment: 'no' },
      headers: json,
    })
    expect(canceled.status).toBe(202)
  })

  it('scalr-cli: all patterns of the OpenAPI document compile with RE2, which looks around nowhere', async () => {
    const { text } = await api.get('/openapi-public.yml')
    const patterns = text.match(/^ +pattern: .+$/gmu) ?? []
    expect(patterns.length).toBeGreaterThan(10)
    expect(patterns.filter((pattern) => /\(\?<?[!=]|\\[1-9k]/u.test(pattern))).toEqual([])
  })

  it('VS Code: a dry run is uploaded as Terraform does it, and started as a run of Scalr', async () => {
    const { url } = world.controlPlane
    const made = await api.call(
      'POST',
      `${url}/api/tfe/v2/workspaces/${workspaceId}/configuration-versions`,
      {
        json: {
          data: {
            type: 'configuration-versions',
            attributes: { 'auto-queue-runs': false, speculative: true },
          },
        },
      },
    )
    expect(made.status).toBe(201)
    const { id, attributes } = made.body.data
    const uploaded = await api.call('PUT', attributes['upload-url'], {
      bytes: await archive([{ name: 'main.tf', content: '' }]),
      headers: { 'content-type': 'application/octet-stream' },
    })
    expect(uploaded.status).toBe(200)
    const run = await api.write(
      'POST',
      '/runs',
      'runs',
      { 'is-dry': true, message: 'Triggered from VScode', source: 'vscode' },
      {
        workspace: ['workspaces', workspaceId],
        'configuration-version': ['configuration-versions', id],
      },
    )
    expect(run.body.data.attributes).toMatchObject({ 'is-dry': true, source: 'vscode' })
    const listed = await api.get(
      `/runs?include=plan&include=policy-checks&include=cost-estimate&include=apply&include=created-by` +
        `&include=created-by-run&filter[workspace]=${workspaceId}&page[number]=1`,
    )
    expect(listed.body.included.map(({ type }: { type: string }) => type)).toContain('plans')
  })

  it('Backstage: links of a resource to itself are absolute', async () => {
    const { data } = (await api.get(`/workspaces/${workspaceId}`)).body
    expect(data.links.self).toBe(`${world.controlPlane.url}/api/iacp/v3/workspaces/${workspaceId}`)
  })
})

import { describe, expect, it } from 'vitest'

import { systemClock } from '../../src/runtime/index.ts'
import { ApiClient } from '../support/api-client.ts'
import { makeWorkspace, startWorld } from '../support/world.ts'

describe('public API: who may ask', () => {
  it('answers 401 only to what is wrong with the token, with a JSON:API error body', async () => {
    await using world = await startWorld()
    for (const authorization of ['', 'Basic dTpw', 'Bearer', 'Bearer nonsense']) {
      const answer = await world.api.call('GET', '/workspaces', { headers: { authorization } })
      expect(answer.status).toBe(401)
      expect(answer.headers.get('content-type')).toBe('application/vnd.api+json')
      expect(answer.body.errors).toMatchObject([{ status: '401', title: 'Unauthorized' }])
    }
  })

  it('answers 404 to a good token of another kind, as Scalr does without permission', async () => {
    await using world = await startWorld()
    const { poolId } = await makeWorkspace(world.api)
    const token = await world.api.create(`/agent-pools/${poolId}/access-tokens`, 'access-tokens')
    const agent = new ApiClient(world.controlPlane, token.attributes.token)
    for (const path of ['/workspaces', `/agent-pools/${poolId}`, '/vars']) {
      expect((await agent.get(path)).status).toBe(404)
    }
    expect((await agent.delete(`/agent-pools/${poolId}`)).status).toBe(404)
    expect((await world.api.get(`/agent-pools/${poolId}`)).status).toBe(200)
  })

  it.each([
    ['/runs/run-x', "Run with ID 'run-x' not found or user unauthorized."],
    ['/agent-pools/apool-x', "AgentPool with ID 'apool-x' not found or user unauthorized."],
    ['/vars/var-x', "Variable with ID 'var-x' not found or user unauthorized."],
    [
      '/configuration-versions/cv-x',
      "ConfigurationVersion with ID 'cv-x' not found or user unauthorized.",
    ],
    ['/access-tokens/at-x', "AccessToken with ID 'at-x' not found or user unauthorized."],
    ['/workspaces/ws-x/outputs', "Workspace with ID 'ws-x' not found or user unauthorized."],
    ['/plans/plan-x/output', "Plan with ID 'plan-x' not found or user unauthorized."],
    [
      '/state-versions/sv-x/download',
      "StateVersion with ID 'sv-x' not found or user unauthorized.",
    ],
  ])('GET %s: 404 with the text in the title', async (path, title) => {
    await using world = await startWorld()
    const answer = await world.api.get(path)
    expect(answer.status).toBe(404)
    expect(answer.body).toEqual({
      errors: [{ status: '404', title, detail: null, code: null, source: null, meta: null }],
    })
  })
})

describe('public API: bodies', () => {
  it('takes both content types, and ignores attributes and relationships that it does not know', async () => {
    await using world = await startWorld()
    for (const [index, type] of ['application/vnd.api+json', 'application/json'].entries()) {
      const answer = await world.api.call('POST', '/environments', {
        json: {
          data: {
            type: 'environments',
            attributes: { name: `env-${index}`, oauth: true, 'cost-estimation-enabled': 'x' },
            relationships: { nonsense: { data: null }, 'policy-groups': null },
          },
        },
        headers: { 'content-type': type },
      })
      expect(answer.status).toBe(201)
    }
  })

  it.each([
    ['no body', undefined],
    ['an array', []],
    ['no data', {}],
    ['another type', { data: { type: 'workspaces', attributes: { name: 'x' } } }],
  ])('answers 422 to %s', async (_what, json) => {
    await using world = await startWorld()
    const answer = await world.api.post('/environments', json)
    expect(answer.status).toBe(422)
    expect(answer.body.errors[0].title).toBe('Malformed Request')
  })

  it('answers 400 to broken JSON and 415 to what is no JSON', async () => {
    await using world = await startWorld()
    const send = (type: string): Promise<{ status: number; text: string }> =>
      world.api.call('POST', '/environments', {
        bytes: Buffer.from('{"data": {"canary'),
        headers: { 'content-type': type },
      })
    expect(await send('application/vnd.api+json')).toMatchObject({ status: 400 })
    expect(await send('text/html')).toMatchObject({ status: 415 })
  })

  it('points to every attribute that is wrong', async () => {
    await using world = await startWorld()
    const { environmentId } = await makeWorkspace(world.api)
    const answer = await world.api.write(
      'POST',
      '/workspaces',
      'workspaces',
      { name: 'not a name!', 'auto-apply': 'yes', 'working-directory': '../up' },
      { environment: ['environments', environmentId] },
    )
    expect(answer.status).toBe(422)
    expect(
      answer.body.errors.map((error: { source: { pointer: string } }) => error.source.pointer),
    ).toEqual([
      '/data/attributes/name',
      '/data/attributes/auto-apply',
      '/data/attributes/working-directory',
    ])
  })

  it('says which relationship points to nothing', async () => {
    await using world = await startWorld()
    const answer = await world.api.write(
      'POST',
      '/workspaces',
      'workspaces',
      { name: 'ws' },
      { environment: ['environments', 'env-x'] },
    )
    expect(answer.status).toBe(404)
    expect(answer.body.errors).toMatchObject([
      {
        title: 'Invalid Relationship',
        detail: "Environment with ID 'env-x' not found or user unauthorized.",
        source: { pointer: '/data/relationships/environment' },
      },
    ])
  })

  it('answers 500 without telling what went wrong inside', async () => {
    const records: unknown[] = []
    let broken = false
    const logger = {
      debug: () => {},
      info: () => {},
      warn: () => {},
      error: (fields: unknown, message: string) => records.push({ fields, message }),
      child: () => logger,
    }
    await using world = await startWorld({
      logger,
      // A machine whose clock has gone mad, for want of a fault that is easier to make.
      clock: {
        ...systemClock,
        now: () => (broken ? new Date(Number.NaN) : systemClock.now()),
      },
    })
    await world.api.get('/accounts')
    broken = true
    const answer = await world.api.write('POST', '/environments', 'environments', { name: 'x' })
    broken = false
    expect(answer.status).toBe(500)
    expect(answer.text).not.toContain('Invalid time')
    expect(records.length).toBeGreaterThan(0)
  })
})

describe('public API: lists', () => {
  async function manyEnvironments(count: number) {
    const world = await startWorld()
    for (let index = 0; index < count; index += 1) {
      await world.api.create('/environments', 'environments', {
        name: `env-${String(index).padStart(3, '0')}`,
      })
    }
    return world
  }

  it('gives pages of 20 unless asked otherwise, and at most 100', async () => {
    await using world = await manyEnvironments(21)
    const first = await world.api.get('/environments')
    expect(first.body.data).toHaveLength(20)
    expect(first.body.meta.pagination).toEqual({
      'current-page': 1,
      'prev-page': null,
      'next-page': 2,
      'total-pages': 2,
      'total-count': 21,
      'page-size': 20,
    })
    const last = await world.api.get('/environments?page[number]=2')
    expect(last.body.data).toHaveLength(1)
    expect(last.body.meta.pagination).toMatchObject({ 'prev-page': 1, 'next-page': null })
    const all = await world.api.get('/environments?page%5Bsize%5D=100000')
    expect(all.body.meta.pagination['page-size']).toBe(100)
    const beyond = await world.api.get('/environments?page[number]=9')
    expect(beyond.body.data).toEqual([])
  })

  it.each(['page[number]=0', 'page[size]=-1', 'page[size]=x', 'page[number]=1e9'])(
    'answers 400 to %s',
    async (query) => {
      await using world = await startWorld()
      const answer = await world.api.get(`/environments?${query}`)
      expect(answer.status).toBe(400)
      expect(answer.body.errors[0].source.parameter).toBe(query.split('=')[0])
    },
  )

  it('filters by value, list, in:, like: and null, and finds nothing rather than failing', async () => {
    await using world = await manyEnvironments(3)
    const names = async (query: string): Promise<string[]> =>
      (await world.api.get(`/environments?${query}`)).body.data.map(
        (item: { attributes: { name: string } }) => item.attributes.name,
      )
    expect(await names('filter[name]=env-001')).toEqual(['env-001'])
    expect(await names('filter[name]=env-000,env-002')).toEqual(['env-000', 'env-002'])
    expect(await names('filter[name]=in:env-002')).toEqual(['env-002'])
    expect(await names('filter[name]=like:V-00')).toHaveLength(3)
    expect(await names('filter[name]=like:%25')).toEqual([])
    expect(await names('filter[environment]=env-nothing')).toEqual([])
    expect(await names('query=002')).toEqual(['env-002'])
    expect(await names('sort=-name')).toEqual(['env-002', 'env-001', 'env-000'])
  })

  it("is not led astray by SQL in a filter's value, name or sort", async () => {
    await using world = await manyEnvironments(1)
    const evil = encodeURIComponent("x' OR 1=1 --")
    expect((await world.api.get(`/environments?filter[name]=${evil}`)).body.data).toEqual([])
    expect((await world.api.get(`/environments?filter[${evil}]=1`)).status).toBe(400)
    expect((await world.api.get(`/environments?sort=${evil}`)).status).toBe(400)
    expect((await world.api.get(`/environments?sort=constructor`)).status).toBe(400)
    expect((await world.api.get(`/environments?filter[constructor]=1`)).status).toBe(400)
  })

  it('refuses a filter that it cannot apply: more than was asked for is a wrong answer', async () => {
    await using world = await startWorld()
    const answer = await world.api.get('/workspaces?filter[tag]=tag-1')
    expect(answer.status).toBe(400)
    expect(answer.body.errors[0].source).toEqual({ parameter: 'filter[tag]' })
  })

  it('includes related resources once, and thins out fields', async () => {
    await using world = await startWorld()
    const { environmentId, poolId } = await makeWorkspace(world.api)
    await world.api.create(
      '/workspaces',
      'workspaces',
      { name: 'ws2' },
      { environment: ['environments', environmentId] },
    )
    const { body } = await world.api.get(
      '/workspaces?include=environment,agent-pool,readme-id&fields[workspaces]=name,environment&fields[environments]=name',
    )
    expect(body.data).toHaveLength(2)
    expect(body.data[0].attributes).toEqual({ name: 'ws' })
    expect(body.data[0].relationships).toEqual({
      environment: { data: { type: 'environments', id: environmentId } },
    })
    expect(body.included.map((item: { id: string }) => item.id)).toEqual([environmentId, poolId])
    expect(body.included[0].attributes).toEqual({ name: 'env' })
  })
})

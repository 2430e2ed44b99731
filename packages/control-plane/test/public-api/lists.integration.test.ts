import { describe, expect, it } from 'vitest'

import { makeWorkspace, startWorld } from '../support/world.ts'

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
    const answer = await world.api.get('/workspaces?filter[favourite]=true')
    expect(answer.status).toBe(400)
    expect(answer.body.errors[0]).toMatchObject({
      detail: "This filter is not supported for workspaces. Did you mean 'filter[favorite]'?",
      source: { parameter: 'filter[favourite]' },
    })
  })

  it.each([
    ['GET', '/workspaces?filtr[name]=x', 'filtr[name]'],
    ['GET', '/workspaces?include=nothing', 'include'],
    ['GET', '/workspaces/ws-none?filter[name]=x', 'filter[name]'],
    ['DELETE', '/workspaces/ws-none?forced=true', 'forced'],
    ['POST', '/workspaces?include=nothing', 'include'],
    ['GET', '/runs/run-none/policy-checks?include=nothing', 'include'],
  ])('refuses what it would pass over: %s %s', async (method, path, parameter) => {
    await using world = await startWorld()
    const answer = await world.api.call(method, path)
    expect(answer.status).toBe(400)
    expect(answer.body.errors[0].source).toEqual({ parameter })
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

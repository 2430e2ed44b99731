import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { filterParameter, type Resource } from '../../src/public-api/json-api/index.ts'
import * as all from '../../src/public-api/resources/index.ts'
import { makeWorkspace, startWorld, uploadConfiguration, type World } from '../support/world.ts'

const lists = Object.values(all).filter(
  (one): one is Resource =>
    typeof one === 'object' && 'operations' in one && one.operations.list !== undefined,
)

describe('public API: what lists are asked', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld()
  })
  afterAll(async () => {
    await world[Symbol.asyncDispose]()
  })

  /** `source.parameter` and detail of a refusal. */
  const refusalOf = async (path: string): Promise<readonly unknown[]> => {
    const { status, body } = await world.api.get(path)
    const [error] = body.errors ?? []
    return [status, error?.source?.parameter, error?.detail]
  }

  it.each(lists.map((resource) => [resource.type, resource] as const))(
    '%s: every filter, sort key, switch and relation that is declared works',
    async (_type, { path, filters, sorts, switches = {}, relations }) => {
      const query = new URLSearchParams({ query: 'x', 'page[size]': '100' })
      for (const [name, filter] of Object.entries(filters)) {
        query.set(filterParameter(name), 'flag' in filter ? 'true' : 'in:x,null')
      }
      for (const name of Object.keys(switches)) query.set(name, 'true')
      const keys = Object.keys(sorts)
      if (keys.length > 0) query.set('sort', keys.map((key) => `-${key}`).join(','))
      if (Object.keys(relations).length > 0) query.set('include', Object.keys(relations).join(','))
      const { status, text } = await world.api.get(`${path}?${query.toString()}`)
      expect(status, text).toBe(200)
    },
  )

  it('finds by what Scalr has and this control plane has not: nothing, or all of it', async () => {
    const { workspaceId } = await makeWorkspace(world.api)
    await uploadConfiguration(world.api, workspaceId)
    await world.api.create('/runs', 'runs', {}, { workspace: ['workspaces', workspaceId] })
    const count = async (path: string): Promise<number> =>
      (await world.api.get(path)).body.meta.pagination['total-count']
    expect(await count('/runs?scheduled=true')).toBe(0)
    expect(await count('/runs?scheduled=false')).toBe(1)
    expect(await count('/runs?filter[created-by-run]=run-1')).toBe(0)
    expect(await count('/workspaces?filter[favorite]=true')).toBe(0)
    expect(await count('/workspaces?filter[favorite]=false&sort[favorite-first]=true')).toBe(1)
    const ever = 'between:2020-01-01T00:00:00Z,2999-01-01T00:00:00Z'
    expect(await count(`/environments?filter[latest-run-date]=${ever}`)).toBe(1)
    expect(await count('/workspaces?sort=latest-run,-current-run')).toBe(1)
    const { accountId } = world.controlPlane
    expect(await count(`/tags?filter[account]=${accountId}`)).toBe(0)
  })

  it.each([
    ['filter[name]=gt:5', 'filter[name]', "There is no operator 'gt:'"],
    ['filter[name]=lke:x', 'filter[name]', "There is no operator 'lke:'"],
    ['filter[name]=LIKE:x', 'filter[name]', "'in:', 'like:' and 'between:'"],
    ['filter[name]=like:', 'filter[name]', 'takes a text'],
    ['filter[updated-at]=between:1,2,3', 'filter[updated-at]', 'two values'],
    ['filter[tag]=like:x', 'filter[tag]', 'one value or a list'],
    ['filter[has-resources]=maybe', 'filter[has-resources]', "'true' or 'false'"],
    ['filter[run.status]=x', 'filter[run.status]', 'filter[run][status]'],
    ['filter[name]=%FF', 'filter[name]', 'UTF-8'],
    ['query=a%00b', 'query', 'zero byte'],
    [`filter[name]=${'x'.repeat(600)}`, 'filter[name]', 'longer than 512'],
    [`sort=${'name,'.repeat(2500)}`, 'sort', 'more than once'],
    ['sort=-nam', 'sort', "Did you mean 'name'? Keys: current-run, environment,"],
  ])('400 to workspaces?%.60s', async (query, parameter, detail) => {
    const refusal = await refusalOf(`/workspaces?${query}`)
    expect(refusal).toEqual([400, parameter, expect.stringContaining(detail)])
  })

  it('takes a value with a colon for what it is', async () => {
    for (const value of ['localhost:8080', 'in:gt:5', 'https://example.com', 'a:b,c']) {
      const answer = await world.api.get(`/workspaces?filter[name]=${encodeURIComponent(value)}`)
      expect(answer.status, value).toBe(200)
    }
  })
})

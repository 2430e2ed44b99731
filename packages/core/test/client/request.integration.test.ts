import { text } from 'node:stream/consumers'

import { describe, expect, expectTypeOf, it } from 'vitest'

import type { RequestAnswer, RequestOptions } from '../../src/client/index.ts'
import { sendJson } from '../http/support/test-server.ts'
import { answer, setUp } from './support.ts'

describe('client.request', () => {
  it('puts path parameters, lists and sparse fields where they belong', async () => {
    const { client, server } = await setUp({
      'GET /workspaces': answer(200, { data: [{ id: 'ws-1', type: 'workspaces' }] }),
    })
    const found = await client.request('GET /workspaces', {
      query: {
        'filter[environment]': 'env-1',
        'page[size]': 5,
        include: ['environment', 'tags'],
        fields: { workspaces: 'name,tags' },
      },
    })
    expect(found.data?.[0]?.id).toBe('ws-1')
    const { search } = new URL(server.received[0]?.url ?? '', 'http://localhost')
    expect(Object.fromEntries(new URLSearchParams(search))).toEqual({
      'filter[environment]': 'env-1',
      'page[size]': '5',
      include: 'environment,tags',
      'fields[workspaces]': 'name,tags',
    })
  })

  it('sends documents as JSON:API, and actions as plain JSON', async () => {
    const { client, server, bodies } = await setUp({
      'PATCH /teams/team-1': answer(200, { data: { id: 'team-1', type: 'teams' } }),
      'POST /runs/run-1/actions/discard': (_request, response) => sendJson(response, 202, {}),
    })
    const document = {
      data: { type: 'teams', id: 'team-1', attributes: { name: 'Platform' } },
    } as const
    await client.request('PATCH /teams/{team}', { path: { team: 'team-1' }, body: document })
    await client.request('POST /runs/{run}/actions/discard', {
      path: { run: 'run-1' },
      body: { comment: 'no' },
    })
    expect(bodies()).toEqual([document, { comment: 'no' }])
    expect(server.received.map(({ headers }) => headers['content-type'])).toEqual([
      'application/vnd.api+json',
      'application/json',
    ])
  })

  it('gives files as streams, text as text, and nothing as nothing', async () => {
    const { client } = await setUp({
      'GET /plans/plan-1/output': (_request, response) => void response.end('Plan: 1 to add'),
      'GET /plans/plan-2/output': (_request, response) => void response.writeHead(204).end(),
      'GET /reports/modules': (_request, response) =>
        void response.setHeader('content-type', 'text/csv').end('module,source\n'),
      'DELETE /tags/tag-1': (_request, response) => void response.writeHead(204).end(),
    })
    const log = await client.request('GET /plans/{plan}/output', { path: { plan: 'plan-1' } })
    expect(log && (await text(log))).toBe('Plan: 1 to add')
    expect(await client.request('GET /plans/{plan}/output', { path: { plan: 'plan-2' } })).toBe(
      undefined,
    )
    expect(await client.request('GET /reports/modules', { query: { format: 'csv' } })).toBe(
      'module,source\n',
    )
    expect(await client.request('DELETE /tags/{tag}', { path: { tag: 'tag-1' } })).toBe(undefined)
  })

  it('a path parameter is one segment, whatever it holds', async () => {
    const { client, server } = await setUp({})
    const call = (team: string): Promise<unknown> =>
      client.request('GET /teams/{team}', { path: { team } })
    await expect(call('../accounts?x')).rejects.toMatchObject({ status: 404 })
    expect(server.received[0]?.url).toBe('/api/iacp/v3/teams/..%2Faccounts%3Fx')
    for (const wrong of ['', '..']) await expect(call(wrong)).rejects.toThrow(/team/u)
    expect(server.received).toHaveLength(1)
  })

  it('an answer that is a web page says so', async () => {
    const { client } = await setUp({
      'GET /teams': (_request, response) =>
        void response
          .setHeader('content-type', 'text/html')
          .end('<!doctype html><title>Sign in</title>'),
    })
    await expect(client.request('GET /teams', {})).rejects.toThrow(/Sign in/u)
  })

  it('is typed', () => {
    expectTypeOf<RequestOptions<'GET /workspaces/{workspace}'>['path']>().toEqualTypeOf<{
      readonly workspace: string
    }>()
    expectTypeOf<RequestOptions<'POST /workspaces'>>().toHaveProperty('body')
    type Status = NonNullable<
      NonNullable<NonNullable<RequestAnswer<'GET /runs/{run}'>['data']>['attributes']>['status']
    >
    // An unknown one of a newer server fits as well.
    expectTypeOf<'planned'>().toExtend<Status>()
    expectTypeOf<'something_new'>().toExtend<Status>()
    expectTypeOf<RequestAnswer<'DELETE /tags/{tag}'>>().toEqualTypeOf<undefined>()
    // @ts-expect-error -- no such operation
    type _None = RequestAnswer<'GET /nothing'>
    // @ts-expect-error -- a path parameter is needed
    const missing: RequestOptions<'GET /runs/{run}'> = {}
    expect(missing).toEqual({})
  })
})

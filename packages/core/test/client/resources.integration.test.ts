import { buffer } from 'node:stream/consumers'
import { inspect } from 'node:util'

import { describe, expect, expectTypeOf, it } from 'vitest'

import { type Environment } from '../../src/client/index.ts'
import { sendJson, type Handler } from '../http/support/test-server.ts'
import { answer, prefix, run, setUp, toWorkspace, token, workspace } from './support.ts'

describe('resources', () => {
  it('create: a JSON:API document there, a plain object back', async () => {
    const { client, server, bodies } = await setUp({
      'POST /workspaces': answer(201, { data: workspace }),
    })
    const created = await client.workspaces.create({
      name: 'app',
      environmentId: 'env-1',
      autoApply: true,
    })
    expect(created).toMatchObject({ id: 'ws-1', name: 'app', environmentId: 'env-1' })
    expect(bodies()).toEqual([
      {
        data: {
          type: 'workspaces',
          attributes: { name: 'app', 'auto-apply': true },
          relationships: { environment: { data: { type: 'environments', id: 'env-1' } } },
        },
      },
    ])
    expect(server.received[0]?.headers).toMatchObject({
      authorization: `Bearer ${token}`,
      'content-type': 'application/vnd.api+json',
      accept: expect.stringContaining('application/vnd.api+json'),
    })
  })

  it('get with include, typed', async () => {
    const environment = {
      type: 'environments',
      id: 'env-1',
      attributes: { name: 'dev', status: 'Active' },
    }
    const { client, server } = await setUp({
      'GET /workspaces/ws-1': answer(200, { data: workspace, included: [environment] }),
    })
    const found = await client.workspaces.get('ws-1', { include: ['environment'] })
    expectTypeOf(found.environment).toEqualTypeOf<Environment | null>()
    expect(found.environment?.name).toBe('dev')
    expect(server.received[0]?.url).toBe(`${prefix}/workspaces/ws-1?include=environment`)
  })

  it('update, delete, lock and unlock', async () => {
    const { client, server, bodies } = await setUp({
      'PATCH /workspaces/ws-1': answer(200, { data: workspace }),
      'DELETE /workspaces/ws-1': (_request, response) => void response.writeHead(204).end(),
      'POST /workspaces/ws-1/actions/lock': answer(200, {
        data: { ...workspace, attributes: { name: 'app', locked: true } },
      }),
      'POST /workspaces/ws-1/actions/unlock': answer(200, { data: workspace }),
    })
    await client.workspaces.update('ws-1', { agentPoolId: null })
    expect((await client.workspaces.lock('ws-1', { reason: 'work' })).locked).toBe(true)
    expect((await client.workspaces.unlock('ws-1')).locked).toBe(false)
    await client.workspaces.delete('ws-1')
    expect(bodies()).toEqual([
      {
        data: {
          type: 'workspaces',
          id: 'ws-1',
          attributes: {},
          relationships: { 'agent-pool': { data: null } },
        },
      },
      { reason: 'work' },
    ])
    expect(server.received[1]?.headers['content-type']).toBe('application/json')
  })

  it('list: over all pages, with filters', async () => {
    const { client, server } = await setUp({
      'GET /runs': (request, response) => {
        const page = Number(new URL(request.url, 'http://x').searchParams.get('page[number]'))
        sendJson(response, 200, {
          data: [{ ...run, id: `run-${page}` }],
          meta: {
            pagination: {
              'current-page': page,
              'prev-page': null,
              'next-page': page < 3 ? page + 1 : null,
              'total-pages': 3,
              'total-count': 3,
            },
          },
        })
      },
    })
    const list = client.runs.list({ filter: { workspace: 'ws-1', status: ['planned', 'applied'] } })
    expect((await list.toArray()).map(({ id }) => id)).toEqual(['run-1', 'run-2', 'run-3'])
    expect(new URL(server.received[1]?.url ?? '', 'http://x').searchParams.toString()).toBe(
      new URLSearchParams({
        'page[number]': '2',
        'page[size]': '100',
        'filter[workspace]': 'ws-1',
        'filter[status]': 'planned,applied',
      }).toString(),
    )
    for await (const page of list.pages()) expect(page.totalCount).toBe(3)
  })

  it('run actions: plain JSON bodies; force only when asked for', async () => {
    let canceled = 202
    const none: Handler = (_request, response) => void response.writeHead(canceled).end()
    const { client, bodies } = await setUp({
      'POST /runs/run-1/actions/apply': (_request, response) => void response.writeHead(202).end(),
      'POST /runs/run-1/actions/discard': (_request, response) =>
        void response.writeHead(202).end(),
      'POST /runs/run-1/actions/cancel': none,
    })
    await client.runs.confirm('run-1', { comment: 'go' })
    await client.runs.discard('run-1')
    expect(await client.runs.cancel('run-1')).toBe('requested')
    canceled = 204
    expect(await client.runs.cancel('run-1', { force: true })).toBe('unchanged')
    expect(bodies()).toEqual([{ comment: 'go' }, {}, {}, { force: true }])
  })

  it('pool tokens: below the pool, and the token shows in no log (I12)', async () => {
    const { client, bodies } = await setUp({
      'POST /agent-pools/apool-1/access-tokens': answer(201, {
        data: { type: 'access-tokens', id: 'at-1', attributes: { token: 'c4n4ry' } },
      }),
    })
    const created = await client.accessTokens.createForPool('apool-1', { description: 'demo' })
    expect(created.token).toBe('c4n4ry')
    expect(inspect(created)).not.toContain('c4n4ry')
    expect(bodies()).toEqual([
      { data: { type: 'access-tokens', attributes: { description: 'demo' } } },
    ])
  })

  it('outputs: the one answer that is no JSON:API', async () => {
    const { client } = await setUp({
      'GET /workspaces/ws-1/outputs': answer(200, {
        data: [
          { name: 'url', value: 'x', sensitive: false },
          { name: 'list', value: [1, { 'a-b': 2 }] },
        ],
      }),
    })
    expect(await client.workspaces.outputs('ws-1')).toEqual([
      { name: 'url', value: 'x', sensitive: false },
      { name: 'list', value: [1, { 'a-b': 2 }], sensitive: false },
    ])
  })

  it('state versions: serial, lineage and digest come from the state', async () => {
    const state = Buffer.from(JSON.stringify({ version: 4, serial: 7, lineage: 'abc' }))
    const stateVersion = {
      type: 'state-versions',
      id: 'sv-1',
      attributes: { serial: 7 },
      relationships: { workspace: toWorkspace },
    }
    const { client, bodies } = await setUp({
      'POST /state-versions': answer(201, { data: stateVersion }),
      'GET /workspaces/ws-1/current-state-version': answer(200, { data: stateVersion }),
      'GET /state-versions/sv-1/download': (_request, response) => void response.end(state),
    })
    await client.stateVersions.upload('ws-1', state)
    expect(bodies()).toEqual([
      {
        data: {
          type: 'state-versions',
          attributes: {
            serial: 7,
            lineage: 'abc',
            md5: expect.stringMatching(/^[0-9a-f]{32}$/u),
            state: state.toString('base64'),
          },
          relationships: { workspace: toWorkspace },
        },
      },
    ])
    expect((await client.workspaces.currentStateVersion('ws-1')).serial).toBe(7)
    expect((await buffer(await client.stateVersions.download('sv-1'))).equals(state)).toBe(true)
    await expect(client.stateVersions.upload('ws-1', Buffer.from('c4n4ry'))).rejects.toThrow(
      'it is not JSON',
    )
  })
})

import { createHash } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import { makeWorkspace, startWorld, uploadConfiguration, type World } from '../support/world.ts'

interface StateFields {
  readonly serial?: number
  readonly lineage?: string
  readonly outputs?: Record<string, unknown>
  readonly resources?: readonly unknown[]
}

function makeState(fields: StateFields = {}): Buffer {
  return Buffer.from(JSON.stringify({ version: 4, serial: 1, lineage: 'line', ...fields }))
}

async function push(
  world: World,
  workspaceId: string,
  state: Buffer,
  attributes: Record<string, unknown> = {},
) {
  const { serial } = JSON.parse(String(state)) as { serial: number }
  return world.api.write(
    'POST',
    '/state-versions',
    'state-versions',
    {
      state: state.toString('base64'),
      serial,
      md5: createHash('md5').update(state).digest('hex'),
      ...attributes,
    },
    { workspace: ['workspaces', workspaceId] },
  )
}

describe('state versions', () => {
  it('are kept byte by byte, with what can be told about them', async () => {
    await using world = await startWorld()
    const { workspaceId } = await makeWorkspace(world.api)
    const none = await world.api.get(`/workspaces/${workspaceId}/current-state-version`)
    expect(none.status).toBe(404)
    const state = makeState({
      outputs: { url: { value: 'https://x', type: 'string' } },
      resources: [
        {
          mode: 'managed',
          type: 'terraform_data',
          name: 'a',
          module: 'module.m',
          instances: [{ index_key: 'k' }],
        },
      ],
    })
    const created = await push(world, workspaceId, state)
    expect(created.status).toBe(201)
    const { data } = (await world.api.get(`/workspaces/${workspaceId}/current-state-version`)).body
    expect(data.id).toBe(created.body.data.id)
    expect(data.attributes).toMatchObject({
      serial: 1,
      lineage: 'line',
      size: state.byteLength,
      outputs: [{ name: 'url', value: 'https://x', sensitive: false }],
      resources: [{ address: 'module.m.terraform_data.a["k"]', index: 'k' }],
    })
    const download = await world.api.get(`/state-versions/${data.id}/download`)
    expect(download.text).toBe(String(state))
    const { body } = await world.api.get(`/workspaces/${workspaceId}`)
    expect(body.data.attributes['has-resources']).toBe(true)
  })

  it('follow each other, and know their neighbours', async () => {
    await using world = await startWorld()
    const { workspaceId } = await makeWorkspace(world.api)
    const first = (await push(world, workspaceId, makeState())).body.data
    const second = (await push(world, workspaceId, makeState({ serial: 2 }))).body.data
    const { body } = await world.api.get(`/state-versions?filter[workspace]=${workspaceId}`)
    expect(body.data.map((item: { id: string }) => item.id)).toEqual([second.id, first.id])
    expect(body.data[0].relationships['previous-state-version'].data.id).toBe(first.id)
    expect(body.data[1].relationships['next-state-version'].data.id).toBe(second.id)
  })

  it('are refused when they are not what was declared, or do not follow the present one', async () => {
    await using world = await startWorld()
    const { workspaceId } = await makeWorkspace(world.api)
    await push(world, workspaceId, makeState({ serial: 5 }))
    const status = async (state: Buffer, attributes?: Record<string, unknown>): Promise<number> =>
      (await push(world, workspaceId, state, attributes)).status
    expect(await status(makeState({ serial: 6 }), { md5: '0'.repeat(32) })).toBe(409)
    expect(await status(makeState({ serial: 6 }), { serial: 7 })).toBe(409)
    expect(await status(makeState({ serial: 6 }), { lineage: 'else' })).toBe(409)
    expect(await status(makeState({ serial: 6, lineage: 'else' }))).toBe(409)
    expect(await status(makeState({ serial: 4 }))).toBe(412)
    expect(await status(makeState({ serial: 5, outputs: {} }))).toBe(409)
    expect(await status(Buffer.from('{"serial": 6}'))).toBe(422)
    // A retry is no second write.
    expect(await status(makeState({ serial: 5 }))).toBe(201)
    const { body } = await world.api.get(`/state-versions?filter[workspace]=${workspaceId}`)
    expect(body.data).toHaveLength(1)
    expect(await status(makeState({ serial: 4, lineage: 'else' }), { force: true })).toBe(201)
  })

  it('I6: are refused while a run is at work', async () => {
    await using world = await startWorld()
    const { workspaceId } = await makeWorkspace(world.api)
    await uploadConfiguration(world.api, workspaceId)
    const run = await world.api.create(
      '/runs',
      'runs',
      {},
      {
        workspace: ['workspaces', workspaceId],
      },
    )
    const answer = await push(world, workspaceId, makeState(), { force: true })
    expect(answer.status).toBe(409)
    expect(answer.body.errors[0].detail).toContain(run.id)
  })

  it('I12: keep the name of a sensitive output and hide its value', async () => {
    await using world = await startWorld()
    const { workspaceId } = await makeWorkspace(world.api)
    const empty = await world.api.get(`/workspaces/${workspaceId}/outputs`)
    expect(empty.body).toEqual({ data: [] })
    const created = await push(
      world,
      workspaceId,
      makeState({
        outputs: {
          open: { value: ['a', 1], type: ['tuple', ['string', 'number']] },
          secret: { value: 'canary', type: 'string', sensitive: true },
        },
      }),
    )
    const outputs = await world.api.get(`/workspaces/${workspaceId}/outputs`)
    expect(outputs.headers.get('content-type')).toContain('application/json')
    expect(outputs.body.data).toEqual([
      { name: 'open', value: ['a', 1], sensitive: false },
      { name: 'secret', value: null, sensitive: true },
    ])
    expect(created.text).not.toContain('canary')
  })
})

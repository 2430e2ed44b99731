import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { gunzipSync } from 'node:zlib'

import { describe, expect, it } from 'vitest'

import type { Json } from '../support/api-client.ts'
import { makeWorkspace, startWorld, uploadConfiguration, type World } from '../support/world.ts'

async function newRun(
  world: World,
  workspaceId: string,
  attributes: Record<string, unknown> = {},
): Promise<Json> {
  return world.api.create('/runs', 'runs', attributes, { workspace: ['workspaces', workspaceId] })
}

describe('runs', () => {
  it('need a configuration, and say so in Scalr’s words', async () => {
    await using world = await startWorld()
    const { workspaceId } = await makeWorkspace(world.api)
    const answer = await world.api.write(
      'POST',
      '/runs',
      'runs',
      {},
      {
        workspace: ['workspaces', workspaceId],
      },
    )
    expect(answer.status).toBe(422)
    expect(answer.body.errors).toEqual([
      {
        status: '422',
        title: 'Invalid Relationship',
        detail:
          'No configuration versions available to create the run from. Upload at least one or link the workspace to a VCS provider.',
        code: null,
        source: { pointer: '/data/relationships/configuration-version' },
        meta: null,
      },
    ])
  })

  it('take the configuration of their own workspace only, once it is uploaded', async () => {
    await using world = await startWorld()
    const { workspaceId, environmentId } = await makeWorkspace(world.api)
    const other = await world.api.create(
      '/workspaces',
      'workspaces',
      { name: 'other' },
      {
        environment: ['environments', environmentId],
      },
    )
    const foreign = await uploadConfiguration(world.api, other.id)
    const pending = await world.api.create(
      '/configuration-versions',
      'configuration-versions',
      {},
      {
        workspace: ['workspaces', workspaceId],
      },
    )
    for (const [id, status] of [
      [foreign, 422],
      [pending.id, 422],
      ['cv-x', 404],
    ] as const) {
      const answer = await world.api.write(
        'POST',
        '/runs',
        'runs',
        {},
        {
          workspace: ['workspaces', workspaceId],
          'configuration-version': ['configuration-versions', id],
        },
      )
      expect(answer.status).toBe(status)
      expect(answer.body.errors[0].source.pointer).toBe('/data/relationships/configuration-version')
    }
  })

  it('begin as a plan in the queue, with plan and apply to look at', async () => {
    await using world = await startWorld()
    const { workspaceId } = await makeWorkspace(world.api)
    const configurationVersionId = await uploadConfiguration(world.api, workspaceId)
    const run = await newRun(world, workspaceId, {
      message: 'why',
      'is-destroy': true,
      'target-addrs': ['module.a["x"]'],
    })
    expect(run.attributes).toMatchObject({
      status: 'plan_queued',
      message: 'why',
      'is-destroy': true,
      'target-addrs': ['module.a["x"]'],
      source: 'api',
    })
    expect(run.relationships['configuration-version'].data.id).toBe(configurationVersionId)
    const { body } = await world.api.get(`/runs/${run.id}?include=plan,apply,workspace`)
    expect(body.included.map((item: { type: string }) => item.type)).toEqual([
      'plans',
      'applies',
      'workspaces',
    ])
    expect(body.included[0].attributes.status).toBe('queued')
    expect(body.included[1].attributes.status).toBe('pending')
  })

  it('wait for those before them, and say how many', async () => {
    await using world = await startWorld()
    const { workspaceId } = await makeWorkspace(world.api)
    await uploadConfiguration(world.api, workspaceId)
    const first = await newRun(world, workspaceId)
    const second = await newRun(world, workspaceId)
    const third = await newRun(world, workspaceId)
    expect(second.attributes).toMatchObject({ status: 'pending', 'position-in-queue': 1 })
    expect(third.attributes['position-in-queue']).toBe(2)
    expect(third.attributes['agent-waiting-reason']).toContain(first.id)
    const filtered = await world.api.get(
      `/runs?filter[workspace]=${workspaceId}&filter[status]=pending`,
    )
    expect(filtered.body.data.map((item: { id: string }) => item.id)).toEqual([third.id, second.id])
    expect((await world.api.post(`/runs/${first.id}/actions/cancel`)).status).toBe(202)
    expect((await world.api.get(`/runs/${second.id}`)).body.data.attributes.status).toBe(
      'plan_queued',
    )
  })

  it('refuse what their status does not allow, in Scalr’s words', async () => {
    await using world = await startWorld()
    const { workspaceId } = await makeWorkspace(world.api)
    await uploadConfiguration(world.api, workspaceId)
    const run = await newRun(world, workspaceId)
    const action = (name: string, json?: unknown) =>
      world.api.post(`/runs/${run.id}/actions/${name}`, json)
    const apply = await action('apply', { comment: 'go' })
    expect([apply.status, apply.body.errors[0].detail]).toEqual([
      409,
      'Run was not paused for confirmation. Apply not allowed.',
    ])
    const discard = await action('discard')
    expect([discard.status, discard.body.errors[0].detail]).toEqual([
      409,
      'Run was not paused for confirmation or priority. Discard not allowed.',
    ])
    expect((await action('cancel', { force: 'yes' })).status).toBe(422)
    expect((await action('cancel', { comment: 'stop' })).status).toBe(202)
    // A double click.
    expect((await action('cancel')).status).toBe(204)
    expect((await world.api.post('/runs/run-x/actions/cancel')).status).toBe(404)
  })

  it.each([
    [{ 'refresh-only': true, 'is-destroy': true }, 'refresh-only'],
    [{ message: 'x'.repeat(513) }, 'message'],
    [{ 'target-addrs': ['a\n-destroy'] }, 'target-addrs/0'],
    [{ variables: [{ key: 'a b', category: 'terraform', value: '' }] }, 'variables/0/key'],
  ])('refuse %j', async (attributes, pointer) => {
    await using world = await startWorld()
    const { workspaceId } = await makeWorkspace(world.api)
    await uploadConfiguration(world.api, workspaceId)
    const answer = await world.api.write('POST', '/runs', 'runs', attributes, {
      workspace: ['workspaces', workspaceId],
    })
    expect(answer.status).toBe(422)
    expect(answer.body.errors[0].source.pointer).toBe(`/data/attributes/${pointer}`)
  })
})

describe('output of plans and applies', () => {
  async function planOf(world: World) {
    const { workspaceId } = await makeWorkspace(world.api)
    await uploadConfiguration(world.api, workspaceId)
    const run = await newRun(world, workspaceId)
    const id: string = run.relationships.plan.data.id
    return { id, path: join(world.dataDir, 'logs', `${id}.log`) }
  }

  it('is empty before the first byte, and then what there is so far', async () => {
    await using world = await startWorld()
    const { id, path } = await planOf(world)
    expect((await world.api.get(`/plans/${id}/output`)).status).toBe(204)
    expect((await world.api.get(`/plans/${id}/json-output`)).status).toBe(204)
    await writeFile(path, 'one\n')
    expect((await world.api.get(`/plans/${id}/output`)).text).toBe('one\n')
    await appendFile(path, 'two\n')
    const answer = await world.api.get(`/plans/${id}/output`)
    expect(answer.text).toBe('one\ntwo\n')
    expect(answer.headers.get('content-type')).toContain('text/plain')
  })

  it('loses its colours with clean=true, wherever the stream is cut', async () => {
    await using world = await startWorld()
    const { id, path } = await planOf(world)
    const line = '\u001b[1m\u001b[32mgrün ✓\u001b[0m\n'
    const count = 20_000
    await writeFile(path, line.repeat(count))
    const answer = await world.api.get(`/plans/${id}/output?clean=true`)
    expect(answer.text === 'grün ✓\n'.repeat(count)).toBe(true)
    expect((await world.api.get(`/plans/${id}/output`)).text === line.repeat(count)).toBe(true)
  })

  it('comes packed with format=gzip', async () => {
    await using world = await startWorld()
    const { id, path } = await planOf(world)
    await writeFile(path, 'text\n')
    const response = await fetch(
      `${world.controlPlane.url}/api/iacp/v3/plans/${id}/output?format=gzip`,
      { headers: { authorization: `Bearer ${world.controlPlane.ownerToken()}` } },
    )
    expect(String(gunzipSync(Buffer.from(await response.arrayBuffer())))).toBe('text\n')
  })

  it('is found under the phase that it belongs to, not under the other', async () => {
    await using world = await startWorld()
    const { id } = await planOf(world)
    expect((await world.api.get(`/applies/${id}/output`)).status).toBe(404)
    expect((await world.api.get(`/applies/${id}`)).status).toBe(404)
  })
})

describe('what is written to the database', () => {
  it('is there for another process to read while the control plane runs', async () => {
    await using world = await startWorld()
    const { workspaceId } = await makeWorkspace(world.api)
    const db = new DatabaseSync(join(world.dataDir, 'control-plane.sqlite'), { readOnly: true })
    expect(db.prepare('SELECT id FROM workspaces').all()).toEqual([{ id: workspaceId }])
    db.close()
  })
})

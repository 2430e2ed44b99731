import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { makeWorkspace, startWorld, uploadConfiguration } from '../support/world.ts'

describe('workspaces', () => {
  it('are changed by what a PATCH names, and cleared by null', async () => {
    await using world = await startWorld()
    const { workspaceId } = await makeWorkspace(world.api, {
      'auto-apply': true,
      'working-directory': 'infra',
      'var-files': ['a.tfvars'],
      hooks: { 'pre-init': 'echo hi' },
      'terraform-version': '1.11.4',
    })
    const patched = await world.api.write('PATCH', `/workspaces/${workspaceId}`, 'workspaces', {
      'working-directory': null,
      'auto-apply': false,
    })
    expect(patched.status).toBe(200)
    expect(patched.body.data.attributes).toMatchObject({
      name: 'ws',
      'auto-apply': false,
      'working-directory': null,
      'var-files': ['a.tfvars'],
      hooks: { 'pre-init': 'echo hi' },
      'terraform-version': '1.11.4',
    })
  })

  it('have a lock of one person, with Scalr’s 409 texts', async () => {
    await using world = await startWorld()
    const { workspaceId } = await makeWorkspace(world.api)
    const action = (name: string, json?: unknown) =>
      world.api.post(`/workspaces/${workspaceId}/actions/${name}`, json)
    expect((await action('unlock')).body.errors[0].detail).toBe(
      'Workspace already unlocked, or locked by a different user.',
    )
    const locked = await action('lock', { reason: 'maintenance' })
    expect(locked.status).toBe(200)
    expect(locked.body.data.attributes).toMatchObject({
      locked: true,
      'lock-reason': 'maintenance',
    })
    const again = await action('lock')
    expect(again.status).toBe(409)
    expect(again.body.errors[0].detail).toBe('Workspace already locked.')
    expect((await action('unlock')).body.data.attributes.locked).toBe(false)
  })

  it('hold back runs while locked, and start them once unlocked', async () => {
    await using world = await startWorld()
    const { workspaceId } = await makeWorkspace(world.api)
    await uploadConfiguration(world.api, workspaceId)
    await world.api.post(`/workspaces/${workspaceId}/actions/lock`)
    const run = await world.api.create(
      '/runs',
      'runs',
      {},
      {
        workspace: ['workspaces', workspaceId],
      },
    )
    expect(run.attributes.status).toBe('pending')
    await world.api.post(`/workspaces/${workspaceId}/actions/unlock`)
    const { body } = await world.api.get(`/runs/${run.id}`)
    expect(body.data.attributes.status).toBe('plan_queued')
  })

  it('are locked by a run at work, which a person cannot unlock', async () => {
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
    const { data } = (await world.api.get(`/workspaces/${workspaceId}`)).body
    expect(data.attributes.locked).toBe(true)
    expect(data.relationships['locked-by-run'].data.id).toBe(run.id)
    expect(data.relationships['current-run'].data.id).toBe(run.id)
    for (const action of ['lock', 'unlock']) {
      const answer = await world.api.post(`/workspaces/${workspaceId}/actions/${action}`)
      expect(answer.status).toBe(409)
    }
    expect((await world.api.delete(`/workspaces/${workspaceId}`)).status).toBe(409)
  })

  it('take their files along when they are deleted', async () => {
    await using world = await startWorld()
    const { workspaceId, environmentId } = await makeWorkspace(world.api)
    await uploadConfiguration(world.api, workspaceId)
    const run = await world.api.create(
      '/runs',
      'runs',
      {},
      {
        workspace: ['workspaces', workspaceId],
      },
    )
    await world.api.post(`/runs/${run.id}/actions/cancel`)
    expect((await world.api.delete(`/environments/${environmentId}`)).status).toBe(403)
    expect((await world.api.delete(`/workspaces/${workspaceId}`)).status).toBe(204)
    expect((await world.api.get(`/runs/${run.id}`)).status).toBe(404)
    expect(await readdir(join(world.dataDir, 'configuration-versions'))).toEqual([])
    expect((await world.api.delete(`/environments/${environmentId}`)).status).toBe(204)
  })
})

describe('variables', () => {
  it('I12: never show a sensitive value again', async () => {
    await using world = await startWorld()
    const { workspaceId } = await makeWorkspace(world.api)
    const created = await world.api.write(
      'POST',
      '/vars',
      'vars',
      { key: 'password', value: 'canary-of-a-variable', category: 'terraform', sensitive: true },
      { workspace: ['workspaces', workspaceId] },
    )
    const path = `/vars/${created.body.data.id}`
    const answers = [
      created,
      await world.api.get(path),
      await world.api.get(`/vars?filter[workspace]=${workspaceId}&include=workspace`),
      await world.api.get('/vars?query=canary-of-a-variable'),
      await world.api.write('PATCH', path, 'vars', { description: 'x' }),
      await world.api.write('PATCH', path, 'vars', { sensitive: false }),
      await world.api.get(path),
    ]
    for (const answer of answers) expect(answer.text).not.toContain('canary')
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 200, 200, 200, 422, 200])
    const revealed = await world.api.write('PATCH', path, 'vars', {
      sensitive: false,
      value: 'new',
    })
    expect(revealed.body.data.attributes.value).toBe('new')
  })

  it('belong to account, environment or workspace, and are found as Scalr finds them', async () => {
    await using world = await startWorld()
    const { environmentId, workspaceId } = await makeWorkspace(world.api)
    const make = (relations: Record<string, readonly [string, string]>) =>
      world.api.create('/vars', 'vars', { key: 'k', value: 'v', category: 'shell' }, relations)
    const account = await make({ account: ['accounts', world.controlPlane.accountId] })
    const environment = await make({ environment: ['environments', environmentId] })
    const workspace = await make({
      environment: ['environments', environmentId],
      workspace: ['workspaces', workspaceId],
    })
    const found = async (query: string): Promise<Set<string>> =>
      new Set(
        (await world.api.get(`/vars?${query}`)).body.data.map((item: { id: string }) => item.id),
      )
    expect(await found(`filter[workspace]=${workspaceId}`)).toEqual(new Set([workspace.id]))
    expect(await found(`filter[environment]=${environmentId}`)).toEqual(
      new Set([environment.id, workspace.id]),
    )
    expect(await found(`filter[workspace]=in:null,${workspaceId}`)).toHaveProperty('size', 3)
    expect(await found('filter[environment]=null')).toEqual(new Set([account.id]))
  })

  it('have one value for a key and category in a scope', async () => {
    await using world = await startWorld()
    const { workspaceId } = await makeWorkspace(world.api)
    const make = (category: string, key = 'key') =>
      world.api.write(
        'POST',
        '/vars',
        'vars',
        { key, value: '', category },
        {
          workspace: ['workspaces', workspaceId],
        },
      )
    expect((await make('terraform')).status).toBe(201)
    expect((await make('shell')).status).toBe(201)
    const duplicate = await make('terraform')
    expect(duplicate.status).toBe(422)
    expect(duplicate.body.errors[0].source.pointer).toBe('/data/attributes/key')
    // Both end up as environment variables.
    expect((await make('env')).status).toBe(422)
    const other = await make('terraform', 'other')
    const renamed = await world.api.write('PATCH', `/vars/${other.body.data.id}`, 'vars', {
      key: 'key',
    })
    expect(renamed.status).toBe(422)
  })

  it.each([
    [{ key: '', category: 'shell' }, 'key'],
    [{ key: 'a=b', category: 'shell' }, 'key'],
    [{ key: '1a', category: 'terraform' }, 'key'],
    [{ key: 'a', category: 'other' }, 'category'],
    [{ key: 'a', category: 'shell', value: 'x'.repeat(65_536) }, 'value'],
    [{ key: 'a', category: 'shell', value: 'x\0y' }, 'value'],
  ])('refuse %j', async (attributes, pointer) => {
    await using world = await startWorld()
    const answer = await world.api.write('POST', '/vars', 'vars', attributes)
    expect(answer.status).toBe(422)
    expect(answer.body.errors[0].source.pointer).toBe(`/data/attributes/${pointer}`)
  })
})

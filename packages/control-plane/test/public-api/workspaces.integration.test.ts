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

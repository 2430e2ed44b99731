import { ScalrClient } from '@scalr-agent/core'
import { expect, it } from 'vitest'

import { makeWorkspace, startWorld, uploadConfiguration } from '../support/world.ts'

it('GET /runs-queue lists what waits or works, first come first served, with the filters of runs', async () => {
  await using world = await startWorld()
  const { workspaceId } = await makeWorkspace(world.api)
  await uploadConfiguration(world.api, workspaceId)
  const ids: string[] = []
  for (const isDry of [false, false, true]) {
    const run = await world.api.create(
      '/runs',
      'runs',
      { 'is-dry': isDry },
      { workspace: ['workspaces', workspaceId] },
    )
    ids.push(run.id)
  }
  const queue = async (query = ''): Promise<string[]> =>
    (await world.api.get(`/runs-queue${query}`)).body.data.map(({ id }: { id: string }) => id)
  expect(await queue()).toEqual(ids)
  expect(await queue('?filter[is-dry]=true')).toEqual(ids.slice(2))
  await world.api.post(`/runs/${ids[0] ?? ''}/actions/cancel`)
  expect(await queue()).toEqual(ids.slice(1))
  const { body } = await world.api.get('/runs-queue?include=workspace,status-transitions')
  expect(new Set(body.included.map(({ type }: { type: string }) => type))).toEqual(
    new Set(['workspaces', 'status-transitions']),
  )
  await using client = new ScalrClient({
    url: world.controlPlane.url,
    token: world.controlPlane.ownerToken(),
  })
  const typed: (readonly unknown[])[] = []
  for await (const run of client.runs.queue({ include: ['workspace'] })) {
    typed.push([run.id, run.workspace?.id])
  }
  expect(typed).toEqual(ids.slice(1).map((id) => [id, workspaceId]))
  const sorted = await world.api.get('/runs-queue?sort=created-at')
  expect(sorted.status).toBe(400)
})

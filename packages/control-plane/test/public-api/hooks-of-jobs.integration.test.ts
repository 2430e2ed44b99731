import { describe, expect, it } from 'vitest'

import { digestOf } from '../support/digest.ts'
import { activeHook, link } from '../support/hooks.ts'
import { RunningAgent } from '../support/running-agent.ts'
import { archive, makeWorkspace, startWorld, uploadConfiguration } from '../support/world.ts'

describe('a job', () => {
  it('is told of the hooks of its phase in the order of their links, with their files', async () => {
    await using world = await startWorld()
    const { poolId, environmentId, workspaceId } = await makeWorkspace(world.api)
    const second = await activeHook(world, { name: 'second' })
    const first = await activeHook(world, { name: 'first', interpreter: 'python3' })
    const late = await activeHook(world, { name: 'late' })
    await link(world, first.id, environmentId, ['post-plan', 'pre-init'])
    await link(world, second.id, environmentId, ['pre-init', 'pre-apply'])
    await link(world, late.id, environmentId, ['post-apply'])
    await uploadConfiguration(world.api, workspaceId)
    await world.api.create(
      '/runs',
      'runs',
      { 'auto-apply': true },
      { workspace: ['workspaces', workspaceId] },
    )
    const agent = await RunningAgent.register(world, poolId)
    const plan = await agent.take()
    expect(plan.registryHooks.map(({ name, stage }) => [name, stage])).toEqual([
      ['first', 'pre-init'],
      ['second', 'pre-init'],
      ['first', 'post-plan'],
    ])
    expect(plan.registryHooks[0]).toEqual({
      id: first.id,
      name: 'first',
      stage: 'pre-init',
      interpreter: 'python3',
      scriptPath: 'scripts/check.sh',
      file: `${first.id}.tar.gz`,
    })
    expect(plan.files.map(({ name }) => name)).toEqual([
      'configuration.tar.gz',
      `${first.id}.tar.gz`,
      `${second.id}.tar.gz`,
    ])
    const { bytes, headers } = await agent.download(plan, `${first.id}.tar.gz`)
    expect(bytes).toEqual(first.bytes)
    expect(headers.get('repr-digest')).toBe(digestOf(first.bytes))
    await expect(agent.download(plan, `${late.id}.tar.gz`)).rejects.toThrow('404')
    await agent.finishPlan(plan)
    const apply = await agent.take()
    expect(apply.registryHooks.map(({ name, stage }) => [name, stage])).toEqual([
      ['first', 'pre-init'],
      ['second', 'pre-init'],
      ['second', 'pre-apply'],
      ['late', 'post-apply'],
    ])
  })

  it('keeps the files that it was told of, whatever becomes of the hook', async () => {
    await using world = await startWorld()
    const { poolId, environmentId, workspaceId } = await makeWorkspace(world.api)
    const replaced = await activeHook(world, { name: 'replaced' })
    const deleted = await activeHook(world, { name: 'deleted' })
    await link(world, replaced.id, environmentId, ['pre-init'])
    await link(world, deleted.id, environmentId, ['pre-init'])
    await uploadConfiguration(world.api, workspaceId)
    await world.api.create(
      '/runs',
      'runs',
      { 'auto-apply': true },
      { workspace: ['workspaces', workspaceId] },
    )
    const agent = await RunningAgent.register(world, poolId)
    const plan = await agent.take()
    const other = await archive([{ name: 'scripts/check.sh', content: 'echo other\n' }])
    await world.api.call('PUT', replaced.links.upload, { bytes: other })
    await world.api.delete(`/hooks/${deleted.id}`)
    const again = await agent.start(plan)
    expect(again.registryHooks).toEqual(plan.registryHooks)
    expect(again.files).toEqual(plan.files)
    for (const hook of [replaced, deleted]) {
      expect((await agent.download(again, `${hook.id}.tar.gz`)).bytes).toEqual(hook.bytes)
    }
    await agent.finishPlan(plan)
    // The next job is told anew.
    const apply = await agent.take()
    expect(apply.registryHooks.map(({ name }) => name)).toEqual(['replaced'])
    expect((await agent.download(apply, `${replaced.id}.tar.gz`)).bytes).toEqual(other)
  })
})

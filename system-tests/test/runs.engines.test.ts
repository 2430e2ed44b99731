import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { empty, invalid, oneResource } from './support/configurations.ts'
import { LocalAgent } from './support/local-agent.ts'
import { Platform } from './support/platform.ts'
import { anyRealTool, realTools } from './support/tools.ts'

anyRealTool('runs')

describe.each(realTools())('a run with real $iac', ({ iac, path }) => {
  let platform: Platform
  let agent: LocalAgent

  beforeAll(async () => {
    platform = await Platform.start()
    agent = await LocalAgent.start(platform, { iac, path })
  })

  afterAll(async () => {
    await agent[Symbol.asyncDispose]()
    await platform[Symbol.asyncDispose]()
  })

  it('plans, waits for confirmation, applies, and leaves state and outputs', async () => {
    const { client } = platform
    const workspace = await platform.workspace({ iac, files: oneResource })
    const created = await client.runs.create({ workspaceId: workspace.id, message: 'first' })
    const planned = await platform.untilStatus(created.id, 'planned')
    expect(planned.hasChanges).toBe(true)
    const plan = await client.plans.get(planned.planId ?? '')
    expect(plan).toMatchObject({
      status: 'finished',
      hasChanges: true,
      resourceAdditions: 1,
      resourceChanges: 0,
      resourceDestructions: 0,
    })
    expect(await client.plans.jsonOutput(plan.id)).toMatchObject({
      resource_changes: [{ address: 'terraform_data.one', change: { actions: ['create'] } }],
    })
    await client.runs.confirm(created.id)
    const applied = await platform.untilStatus(created.id, 'applied')
    const apply = await client.applies.get(applied.applyId ?? '')
    expect(apply).toMatchObject({ status: 'finished', resourceAdditions: 1 })
    expect(await client.applies.output(apply.id)).toContain('Apply complete! Resources: 1 added')
    const state = await client.workspaces.currentStateVersion(workspace.id)
    expect(state.serial).toBeGreaterThan(0)
    expect(await client.workspaces.outputs(workspace.id)).toContainEqual({
      name: 'text',
      value: 'hello',
      sensitive: false,
    })
  })

  it('ends planned_and_finished when there is nothing to do, and destroys', async () => {
    const { client } = platform
    const workspace = await platform.workspace({ iac, files: oneResource, autoApply: true })
    const first = await client.runs.create({ workspaceId: workspace.id })
    await platform.untilStatus(first.id, 'applied')
    const second = await client.runs.create({ workspaceId: workspace.id })
    const unchanged = await platform.untilStatus(second.id, 'planned_and_finished')
    expect(unchanged.hasChanges).toBe(false)
    const third = await client.runs.create({ workspaceId: workspace.id, isDestroy: true })
    const destroyed = await platform.untilStatus(third.id, 'applied')
    const apply = await client.applies.get(destroyed.applyId ?? '')
    expect(apply.resourceDestructions).toBe(1)
    expect((await client.workspaces.get(workspace.id)).hasResources).toBe(false)
  })

  it('ends errored on invalid HCL, with the message in the log and the exit code kept', async () => {
    const { client } = platform
    const workspace = await platform.workspace({ iac, files: invalid })
    const created = await client.runs.create({ workspaceId: workspace.id })
    const errored = await platform.untilStatus(created.id, 'errored')
    expect(await platform.logs(errored)).toMatch(/Error: (?:Unclosed configuration block|Invalid)/u)
    expect(errored.errorMessage).toMatch(/exit code 1/u)
    expect((await client.plans.get(errored.planId ?? '')).status).toBe('errored')
    await expect
      .poll(() => agent.ended.find((end) => end.runId === created.id))
      .toMatchObject({ result: 'failed', exitCode: 1 })
  })

  it('applies outputs alone', async () => {
    const { client } = platform
    const workspace = await platform.workspace({ iac, files: empty, autoApply: true })
    const created = await client.runs.create({ workspaceId: workspace.id })
    await platform.untilStatus(created.id, 'applied')
    expect(await client.workspaces.outputs(workspace.id)).toHaveLength(1)
  })
})

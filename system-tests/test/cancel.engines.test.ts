import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import type { InterruptLevel } from '@scalr-agent/core'
import { describe, expect, it } from 'vitest'

import { oneResource, slowApply } from './support/configurations.ts'
import { LocalAgent } from './support/local-agent.ts'
import { Platform } from './support/platform.ts'
import { realTools } from './support/tools.ts'

/** Deaf to every signal that can be caught. */
const trappingHook = `trap '' INT TERM QUIT HUP; i=0; while [ $i -lt 600 ]; do sleep 0.1; i=$((i+1)); done`

describe.each(realTools())('cancelling a run with real $iac', ({ iac, path }) => {
  it('I8: an apply gets one interrupt, saves what it made, and frees the lock', async () => {
    await using platform = await Platform.start()
    await using agent = await LocalAgent.start(platform, { iac, path })
    const sent: InterruptLevel[] = []
    agent.agent.events.on('job:cancel', ({ level }) => sent.push(level))
    const { client } = platform
    const workspace = await platform.workspace({
      iac,
      files: slowApply({ seconds: 20, executions: join(platform.directory, 'executions') }),
      autoApply: true,
    })
    const { id } = await client.runs.create({ workspaceId: workspace.id })
    const { applyId } = await platform.untilStatus(id, 'applying')
    await platform.untilApplyLog(applyId, 'tick 3 of')

    expect(await client.runs.cancel(id)).toBe('requested')
    await client.runs.cancel(id)
    const canceled = await platform.untilStatus(id, 'canceled')

    expect(sent).toEqual(['soft'])
    const log = (await client.applies.output(canceled.applyId ?? '')) ?? ''
    expect(log.match(/Interrupt received/gu)).toHaveLength(1)
    expect(log).not.toContain('Two interrupts received')
    const state = await client.workspaces.currentStateVersion(workspace.id)
    const addresses = (state.resources ?? []).map((resource) => resource?.address)
    expect(addresses).toContain('terraform_data.quick')
    expect(addresses).not.toContain('terraform_data.after')
    // Neither the workspace nor the state is locked: the next run goes through.
    await platform.upload(workspace.id, oneResource)
    const next = await client.runs.create({ workspaceId: workspace.id })
    await platform.untilStatus(next.id, 'applied')
  })

  it('force-cancel ends a hook that traps every signal within 15 s', async () => {
    await using platform = await Platform.start()
    await using agent = await LocalAgent.start(platform, { iac, path })
    // By the agent's own clock: how long the rest takes is the machine's affair.
    const sent = new Map<InterruptLevel, number>()
    agent.agent.events.on('job:cancel', ({ level }) => sent.set(level, performance.now()))
    const { client } = platform
    const workspace = await platform.workspace({
      iac,
      files: oneResource,
      hooks: {
        preInit: null,
        prePlan: trappingHook,
        postPlan: null,
        preApply: null,
        postApply: null,
      },
    })
    const { id } = await client.runs.create({ workspaceId: workspace.id })
    const { planId } = await platform.untilStatus(id, 'planning')
    await platform.untilPlanLog(planId, 'pre-plan hook')
    await client.runs.cancel(id)
    await delay(500)
    expect((await client.runs.get(id)).status).toBe('planning')
    await client.runs.cancel(id, { force: true })
    await platform.untilStatus(id, 'canceled')
    expect([...sent.keys()]).toEqual(['soft', 'hard', 'kill'])
    expect((sent.get('kill') ?? 0) - (sent.get('hard') ?? 0)).toBeLessThan(15_000)
    await expect.poll(() => agent.ended.map(({ result }) => result)).toEqual(['canceled'])
  })

  it('ends a run that no agent has taken yet', async () => {
    await using platform = await Platform.start()
    const { client } = platform
    const workspace = await platform.workspace({ iac, files: oneResource })
    const { id } = await client.runs.create({ workspaceId: workspace.id })
    await client.runs.cancel(id)
    await platform.untilStatus(id, 'canceled')
  })
})

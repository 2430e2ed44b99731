import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { describe, expect, it } from 'vitest'

import { slowApply } from './support/configurations.ts'
import { LocalAgent } from './support/local-agent.ts'
import { Platform } from './support/platform.ts'
import { anyRealTool } from './support/tools.ts'

const tool = anyRealTool('outage')

describe.skipIf(tool === undefined)('a control plane that is away for 90 s during an apply', () => {
  it('I6, I10: the apply runs on, ends applied once, and no log byte is lost', async () => {
    await using platform = await Platform.start()
    await using agent = await LocalAgent.start(platform, tool)
    const interrupts: string[] = []
    agent.agent.events.on('job:cancel', ({ level, reason }) =>
      interrupts.push(`${level} ${reason}`),
    )
    const executions = join(platform.directory, 'executions')
    const workspace = await platform.workspace({
      iac: tool?.iac ?? 'terraform',
      files: slowApply({ seconds: 20, executions }),
      autoApply: true,
    })
    const { id } = await platform.client.runs.create({ workspaceId: workspace.id })
    const { applyId } = await platform.untilStatus(id, 'applying')
    await platform.untilApplyLog(applyId, 'tick 2 of')
    const next = await platform.client.runs.create({ workspaceId: workspace.id })

    await platform.stop()
    await delay(90_000)
    expect(agent.ended.filter((end) => end.phase === 'apply')).toEqual([])
    await platform.restart()

    // Nothing else was begun on the workspace meanwhile.
    expect((await platform.client.runs.get(next.id)).status).toBe('pending')
    const applied = await platform.untilStatus(id, 'applied')
    const log = (await platform.client.applies.output(applied.applyId ?? '')) ?? ''
    const ticks = [...log.matchAll(/tick (\d+) of 200/gu)].map((match) => Number(match[1]))
    expect(ticks).toEqual(Array.from({ length: 200 }, (_, index) => index + 1))
    expect(interrupts).toEqual([])
    expect(await readFile(executions, 'utf8')).toBe('executed\n')
    await platform.untilStatus(next.id, 'planned_and_finished')
  })
})

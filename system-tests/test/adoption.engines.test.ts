import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { describe, expect, it } from 'vitest'

import { slowApply } from './support/configurations.ts'
import { Daemon } from './support/daemon.ts'
import { Platform } from './support/platform.ts'
import { anyRealTool } from './support/tools.ts'

const tool = anyRealTool('adoption')

describe.skipIf(tool === undefined)('an agent that is killed during a real apply', () => {
  it('I1, I7: the next one adopts it: applied once, and every log byte is there', async () => {
    await using platform = await Platform.start()
    const { client } = platform
    const executions = join(platform.directory, 'executions')
    const workspace = await platform.workspace({
      iac: tool?.iac ?? 'terraform',
      files: slowApply({ seconds: 5, executions }),
      autoApply: true,
    })
    const first = await Daemon.start(platform, { tool })
    await first.ready()
    const { id } = await client.runs.create({ workspaceId: workspace.id })
    const applying = await platform.untilStatus(id, 'applying')
    await platform.untilApplyLog(applying.applyId, 'tick 5 of')
    await first.kill()
    await delay(1_000)
    await using second = await Daemon.start(platform, { tool, dataDir: first.dataDir })
    await second.ready()
    const applied = await platform.untilStatus(id, 'applied')

    const log = (await client.applies.output(applied.applyId ?? '')) ?? ''
    const ticks = [...log.matchAll(/tick (\d+) of 50/gu)].map((match) => Number(match[1]))
    expect(ticks).toEqual(Array.from({ length: 50 }, (_, index) => index + 1))
    expect(log).toContain('Apply complete! Resources: 3 added')
    expect(await readFile(executions, 'utf8')).toBe('executed\n')
    // The control plane refuses a report whose digest is not that of its own file (I10): this is it.
    const held = await readFile(
      join(platform.controlPlaneDirectory, 'logs', `${applied.applyId}.log`),
    )
    expect(createHash('sha256').update(held).digest('hex')).toBe(
      createHash('sha256').update(log).digest('hex'),
    )
    expect((await client.workspaces.currentStateVersion(workspace.id)).resources).toHaveLength(3)
  })
})

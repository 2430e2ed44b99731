import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { slowApply } from './support/configurations.ts'
import { CuttableProxy } from './support/cuttable-proxy.ts'
import { LocalAgent } from './support/local-agent.ts'
import { Platform } from './support/platform.ts'
import { anyRealTool } from './support/tools.ts'

const tool = anyRealTool('fencing')

describe.skipIf(tool === undefined)('a real apply that is cut off past its grace', () => {
  it('I6, I9: is interrupted once, may not write its state late, and leaves it with the agent', async () => {
    await using platform = await Platform.start({
      leaseMs: 6_000,
      heartbeatMs: 500,
      applyGraceMs: 1_000,
    })
    await using proxy = await CuttableProxy.start(platform.url)
    await using agent = await LocalAgent.start(platform, tool, { url: proxy.url })
    const interrupts: string[] = []
    agent.agent.events.on('job:cancel', ({ level }) => interrupts.push(level))
    const { client } = platform
    const workspace = await platform.workspace({
      iac: tool?.iac ?? 'terraform',
      files: slowApply({ seconds: 60, executions: join(platform.directory, 'executions') }),
      autoApply: true,
    })
    const { id } = await client.runs.create({ workspaceId: workspace.id })
    const { applyId } = await platform.untilStatus(id, 'applying')
    await platform.untilApplyLog(applyId, 'tick 3 of')

    proxy.cut('refuse')
    const errored = await platform.untilStatus(id, 'errored')
    expect(errored.errorMessage).toContain('is not run again')
    const held = await stateFiles(platform)
    proxy.heal()
    await expect.poll(() => agent.ended.length, { timeout: 120_000 }).toBe(2)

    expect(agent.ended[1]).toMatchObject({ phase: 'apply', result: 'lost', cause: 'lease-lost' })
    expect(interrupts).toEqual(['soft'])
    expect(await stateFiles(platform)).toEqual(held)
    const directory = join(agent.dataDir, 'rescued', id)
    const [file] = await readdir(directory)
    const rescued = await readFile(join(directory, file ?? ''), 'utf8')
    expect(JSON.parse(rescued)).toMatchObject({ version: 4 })
    expect(rescued).toContain('"quick"')
  })
})

/** Every state that the control plane holds. */
function stateFiles(platform: Platform): Promise<readonly string[]> {
  return readdir(join(platform.controlPlaneDirectory, 'states')).catch(() => [])
}

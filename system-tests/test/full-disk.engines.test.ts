import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { oneResource } from './support/configurations.ts'
import { hooksOf } from './support/hooks.ts'
import { LocalAgent } from './support/local-agent.ts'
import { Platform } from './support/platform.ts'
import { failureOf } from './support/reports.ts'
import { mountSmallDisk } from './support/small-disk.ts'
import { anyRealTool } from './support/tools.ts'

const tool = anyRealTool('a full disk')

describe.skipIf(tool === undefined)("a job that fills its agent's disk", () => {
  it('I4: is reported, lets the space go, and the next one runs', async () => {
    await using platform = await Platform.start()
    await using disk = mountSmallDisk(platform.directory, 128)
    if (disk === undefined) {
      process.stdout.write('SKIPPED a full disk: nothing can be mounted here\n')
      return
    }
    const dataDir = join(disk.path, 'agent')
    await using _agent = await LocalAgent.start(platform, tool, { dataDir, diskReserveBytes: 0 })
    const workspace = await platform.workspace({
      iac: tool?.iac ?? 'terraform',
      files: oneResource,
      autoApply: true,
      // What it wrote stays, and the journal of the agent does not fit beside it.
      hooks: hooksOf({ prePlan: 'head -c 400000000 /dev/zero >"$HOME/fill" || true' }),
    })
    const { id } = await platform.client.runs.create({ workspaceId: workspace.id })
    const run = await platform.untilStatus(id, 'errored')
    expect(run.errorMessage).toMatch(/^Plan failed: the disk is full: /u)
    expect(await failureOf(platform, run)).toMatchObject({ cause: 'disk-full' })
    await expect.poll(() => readdir(join(dataDir, 'work'))).toEqual([])

    await platform.client.workspaces.update(workspace.id, { hooks: hooksOf({}) })
    const next = await platform.client.runs.create({ workspaceId: workspace.id })
    await platform.untilStatus(next.id, 'applied')
    await expect.poll(() => readdir(join(dataDir, 'jobs'))).toEqual([])
  })
})

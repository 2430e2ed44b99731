import type { InterruptLevel, Run } from '@scalr-agent/core'
import { ProcessExecutor } from '@scalr-agent/executor-process'
import { describe, expect, it } from 'vitest'

import { oneResource } from './support/configurations.ts'
import { LocalAgent } from './support/local-agent.ts'
import { Platform } from './support/platform.ts'
import { realTools, type Tool } from './support/tools.ts'

const { memoryLimit } = new ProcessExecutor({ dataDir: '/nowhere' }).capabilities
if (!memoryLimit) {
  process.stdout.write('SKIPPED memory of jobs: no cgroups can be made here\n')
}

const limitMib = 512

/** One resource that is there at once, and one whose creation takes memory until it is stopped. */
function hungryApply(options: { readonly mebibytes: number; readonly seconds: number }) {
  const program = `const held = []
for (let i = 0; i < ${options.mebibytes / 10}; i += 1) held.push(Buffer.alloc(10 * 1024 ** 2, 1))
console.log('memory is held')
setTimeout(() => console.log(held.length), ${options.seconds * 1000})`
  return {
    'hungry.cjs': program,
    'main.tf': `resource "terraform_data" "quick" {}

resource "terraform_data" "hungry" {
  depends_on = [terraform_data.quick]
  provisioner "local-exec" {
    command = "'${process.execPath}' hungry.cjs"
  }
}
`,
  }
}

async function start(tool: Tool, monitored: boolean) {
  const platform = await Platform.start()
  const agent = await LocalAgent.start(platform, tool, {
    jobMemoryBytes: limitMib * 1024 ** 2,
    memoryMonitor: { enabled: monitored, intervalMs: 200 },
  })
  const sent: InterruptLevel[] = []
  agent.agent.events.on('job:cancel', ({ level }) => sent.push(level))
  return {
    platform,
    sent,
    async [Symbol.asyncDispose]() {
      await agent[Symbol.asyncDispose]()
      await platform[Symbol.asyncDispose]()
    },
  }
}

/** What the agent reported of the phase that failed. */
async function reportOf(platform: Platform, run: Run) {
  const { applyId, planId } = run
  const apply = applyId === null ? undefined : await platform.client.applies.get(applyId)
  return apply?.agentReport ?? (await platform.client.plans.get(planId ?? '')).agentReport
}

describe.runIf(memoryLimit).each(realTools())('memory of a job with real $iac', (tool) => {
  const { iac } = tool

  it('I8: an apply at the soft limit gets one interrupt, saves its state, and says why', async () => {
    await using test = await start(tool, true)
    const { platform, sent } = test
    const { client } = platform
    const workspace = await platform.workspace({
      iac,
      files: hungryApply({ mebibytes: 400, seconds: 60 }),
      autoApply: true,
    })
    const { id } = await client.runs.create({ workspaceId: workspace.id })
    const run = await platform.untilStatus(id, 'errored')

    expect(sent).toEqual(['soft'])
    const log = await platform.logs(run)
    expect(log.match(/Interrupt received/gu)).toHaveLength(1)
    expect(log).toContain(`the soft memory limit (410MB, 80% of ${limitMib}MB)`)
    expect(await reportOf(platform, run)).toMatchObject({ cause: 'soft-memory-limit' })
    const state = await client.workspaces.currentStateVersion(workspace.id)
    const addresses = (state.resources ?? []).map((resource) => resource?.address)
    expect(addresses).toContain('terraform_data.quick')
    // Neither the workspace nor the state is locked: the next run goes through.
    await platform.upload(workspace.id, oneResource)
    const next = await client.runs.create({ workspaceId: workspace.id })
    await platform.untilStatus(next.id, 'applied')
  })

  it('a job that comes near the soft limit succeeds, and its log ends with a warning', async () => {
    await using test = await start(tool, true)
    const { platform, sent } = test
    const workspace = await platform.workspace({
      iac,
      files: hungryApply({ mebibytes: 0, seconds: 0 }),
      // Without a provider plugin in memory, so that the number is about ours alone.
      hooks: {
        preInit: `"${process.execPath}" -e 'const x = Buffer.alloc(375 * 1024 ** 2, 1); setTimeout(() => x.length, 2000)'`,
        prePlan: null,
        postPlan: null,
        preApply: null,
        postApply: null,
      },
    })
    const { id } = await platform.client.runs.create({ workspaceId: workspace.id })
    const run = await platform.untilStatus(id, 'planned')
    expect(sent).toEqual([])
    expect(await platform.logs(run)).toMatch(
      /Warning: The Run used (?:3[6-9]|40)\dMB of memory, near its soft limit/u,
    )
  })

  it("a hook that takes all of it ends with Scalr's message, limit and peak", async () => {
    await using test = await start(tool, false)
    const { platform } = test
    const workspace = await platform.workspace({
      iac,
      files: oneResource,
      hooks: {
        preInit: null,
        prePlan: 'tail /dev/zero',
        postPlan: null,
        preApply: null,
        postApply: null,
      },
    })
    const { id } = await platform.client.runs.create({ workspaceId: workspace.id })
    const run = await platform.untilStatus(id, 'errored')
    expect(await platform.logs(run)).toContain(
      `Error: The Run has reached the memory limit, and this operation was aborted. Please ensure there is enough memory on the Scalr Agent instances and/or consider increasing the Run memory limits (${limitMib}MB) for the Scalr Agent.`,
    )
    const report = await reportOf(platform, run)
    expect(report).toMatchObject({ cause: 'out-of-memory' })
    expect(JSON.stringify(report)).toMatch(/limit (?:of )?536870912 bytes, peak 5\d{8}/u)
  })
})

import type { InterruptLevel } from '@scalr-agent/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { oneResource } from './support/configurations.ts'
import { anyDockerEngine, toolImage } from './support/docker-engine.ts'
import { DockerScene } from './support/docker-scene.ts'
import { DockerWatch } from './support/docker-watch.ts'
import { hooksOf } from './support/hooks.ts'
import { failureOf } from './support/reports.ts'
import { anyRealTool } from './support/tools.ts'

const suite = 'memory of containers'
const host = anyDockerEngine(suite) ?? ''
const tool = anyRealTool(suite)
const limitMib = 512
const jobMemoryBytes = limitMib * 1024 ** 2

/** Holds so much memory for some time, with what an image of busybox has. */
const hold = (mebibytes: number, seconds: number): string =>
  `(head -c ${mebibytes}m /dev/zero; sleep ${seconds}) | tail -c ${mebibytes}m | wc -c`

/** One resource that is there at once, and one whose creation takes memory until it is stopped. */
function hungryApply(command: string): Readonly<Record<string, string>> {
  return {
    'main.tf': `resource "terraform_data" "quick" {}

resource "terraform_data" "hungry" {
  depends_on = [terraform_data.quick]
  provisioner "local-exec" {
    command = ${JSON.stringify(command)}
  }
}
`,
  }
}

describe.skipIf(host === '' || tool === undefined)('memory of a job in a container', () => {
  if (tool === undefined) return
  const { iac } = tool
  const image = toolImage(tool)
  let scene: DockerScene
  let watch: DockerWatch

  beforeAll(async () => {
    watch = await DockerWatch.start(host)
    scene = await DockerScene.start(host)
  })

  afterAll(async () => {
    expect(await scene.left(watch)).toEqual([])
    await scene[Symbol.asyncDispose]()
    await watch[Symbol.asyncDispose]()
  })

  it("a hook that takes all of it ends with Scalr's message, limit and peak", async () => {
    await using _agent = await scene.localAgent({
      image,
      jobMemoryBytes,
      memoryMonitor: { enabled: false },
    })
    const workspace = await scene.platform.workspace({
      iac,
      files: oneResource,
      hooks: hooksOf({ prePlan: 'tail /dev/zero' }),
    })
    const { id } = await scene.platform.client.runs.create({ workspaceId: workspace.id })
    const run = await scene.platform.untilStatus(id, 'errored')
    expect(await scene.platform.logs(run)).toContain(
      `Error: The Run has reached the memory limit, and this operation was aborted. Please ensure there is enough memory on the Scalr Agent instances and/or consider increasing the Run memory limits (${limitMib}MB) for the Scalr Agent.`,
    )
    const report = await failureOf(scene.platform, run)
    expect(report).toMatchObject({ cause: 'out-of-memory' })
    expect(JSON.stringify(report)).toMatch(/limit (?:of )?536870912 bytes, peak 5\d{8}/u)
  })

  it('a child alone that dies of it leaves the job its own end; one that fails of it says so', async () => {
    await using _agent = await scene.localAgent({
      image,
      jobMemoryBytes,
      memoryMonitor: { enabled: false },
    })
    const endOf = async (command: string, status: string) => {
      const workspace = await scene.platform.workspace({
        iac,
        files: oneResource,
        hooks: hooksOf({ prePlan: command }),
      })
      const { id } = await scene.platform.client.runs.create({ workspaceId: workspace.id })
      return await scene.platform.untilStatus(id, status)
    }
    const survived = await endOf('tail /dev/zero || echo "the child ended with $?"', 'planned')
    const log = await scene.platform.logs(survived)
    expect(log).toContain('the child ended with 137')
    expect(log).toContain('Plan: 1 to add')

    const failed = await endOf('tail /dev/zero || exit 3', 'errored')
    expect(await scene.platform.logs(failed)).toContain('The Run has reached the memory limit')
    const report = await failureOf(scene.platform, failed)
    expect(report).toMatchObject({ cause: 'out-of-memory' })
    expect(JSON.stringify(report)).toMatch(
      /a child was killed at the limit of 536870912 bytes, peak 5\d{8}/u,
    )
  })

  it('I8: an apply at the soft limit gets one interrupt, saves its state, and says why', async () => {
    await using agent = await scene.localAgent({
      image,
      jobMemoryBytes,
      memoryMonitor: { enabled: true, intervalMs: 200 },
    })
    const sent: InterruptLevel[] = []
    agent.agent.events.on('job:cancel', ({ level }) => sent.push(level))
    const { client } = scene.platform
    const workspace = await scene.platform.workspace({
      iac,
      files: hungryApply(hold(400, 60)),
      autoApply: true,
    })
    const { id } = await client.runs.create({ workspaceId: workspace.id })
    const run = await scene.platform.untilStatus(id, 'errored')
    expect(sent).toEqual(['soft'])
    const log = await scene.platform.logs(run)
    expect(log.match(/Interrupt received/gu)).toHaveLength(1)
    expect(log).toContain(`the soft memory limit (410MB, 80% of ${limitMib}MB)`)
    expect(await failureOf(scene.platform, run)).toMatchObject({ cause: 'soft-memory-limit' })
    const state = await client.workspaces.currentStateVersion(workspace.id)
    const addresses = (state.resources ?? []).map((resource) => resource?.address)
    expect(addresses).toContain('terraform_data.quick')
    await scene.platform.upload(workspace.id, oneResource)
    const next = await client.runs.create({ workspaceId: workspace.id })
    await scene.platform.untilStatus(next.id, 'applied')
  })

  it('five jobs side by side have 512 MiB each, and the greedy one alone pays', async () => {
    await using agent = await scene.localAgent({
      image,
      jobMemoryBytes,
      memoryMonitor: { enabled: false },
    })
    const modest = `${hold(300, 6)}; echo held it all`
    const runs = await Promise.all(
      [modest, modest, modest, modest, 'sleep 3; tail /dev/zero'].map(async (command) => {
        const workspace = await scene.platform.workspace({
          iac,
          files: oneResource,
          hooks: hooksOf({ prePlan: command }),
        })
        const { id } = await scene.platform.client.runs.create({ workspaceId: workspace.id })
        return { id, isGreedy: command !== modest }
      }),
    )
    for (const { id, isGreedy } of runs) {
      const run = await scene.platform.untilStatus(id, 'planned', 'errored')
      const log = await scene.platform.logs(run)
      expect(log).toMatch(
        isGreedy ? /The Run has reached the memory limit/u : /^314572800\nheld it all$/mu,
      )
      expect(run.status).toBe(isGreedy ? 'errored' : 'planned')
    }
    expect(agent.mostAtOnce).toBe(5)
  })
})

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { invalid, oneResource } from './support/configurations.ts'
import { anyDockerEngine, toolImage } from './support/docker-engine.ts'
import { DockerScene } from './support/docker-scene.ts'
import { DockerWatch } from './support/docker-watch.ts'
import { hooksDirectory, hooksOf, linkRegistryHook } from './support/hooks.ts'
import { phasesOf } from './support/reports.ts'
import { realTools } from './support/tools.ts'

const host = anyDockerEngine('runs in containers') ?? ''

describe.skipIf(host === '').each(realTools())('a run of real $iac in containers', (tool) => {
  const { iac } = tool
  const image = toolImage(tool)
  const terraformVersion = image.slice(image.indexOf(':') + 1)
  let scene: DockerScene
  let watch: DockerWatch

  beforeAll(async () => {
    watch = await DockerWatch.start(host)
    scene = await DockerScene.start(host)
  })

  afterEach(async () => {
    expect(await scene.left(watch)).toEqual([])
  })

  afterAll(async () => {
    await scene[Symbol.asyncDispose]()
    await watch[Symbol.asyncDispose]()
  })

  it('plans, waits, applies, has nothing to do, and destroys, in the image of its version', async () => {
    await using agent = await scene.localAgent()
    const { client } = scene.platform
    const workspace = await scene.platform.workspace({
      iac,
      files: oneResource,
      attributes: { terraformVersion },
    })
    const { id } = await client.runs.create({ workspaceId: workspace.id })
    const planned = await scene.platform.untilStatus(id, 'planned')
    const { plan } = await phasesOf(scene.platform, planned)
    expect(plan).toMatchObject({ status: 'finished', hasChanges: true, resourceAdditions: 1 })
    expect(await client.plans.jsonOutput(plan.id)).toMatchObject({
      resource_changes: [{ address: 'terraform_data.one', change: { actions: ['create'] } }],
    })
    await client.runs.confirm(id)
    const applied = await scene.platform.untilStatus(id, 'applied')
    const { apply } = await phasesOf(scene.platform, applied)
    expect(await client.applies.output(apply.id)).toContain('Apply complete! Resources: 1 added')
    expect(await client.workspaces.outputs(workspace.id)).toContainEqual({
      name: 'text',
      value: 'hello',
      sensitive: false,
    })

    const second = await client.runs.create({ workspaceId: workspace.id })
    await scene.platform.untilStatus(second.id, 'planned_and_finished')
    const third = await client.runs.create({ workspaceId: workspace.id, isDestroy: true })
    await scene.platform.untilStatus(third.id, 'planned')
    await client.runs.confirm(third.id)
    await scene.platform.untilStatus(third.id, 'applied')
    expect((await client.workspaces.get(workspace.id)).hasResources).toBe(false)

    // One container for each job, of the image that Scalr's rules say, and nothing of root's.
    await expect.poll(() => agent.ended.length).toBe(5)
    const created = watch.created(await scene.agentIds())
    expect(created).toHaveLength(5)
    expect(created.map(({ image: used }) => used)).toEqual(created.map(() => image))
  })

  it('ends errored on invalid HCL, with the message in the log and the exit code kept', async () => {
    await using agent = await scene.localAgent({ image })
    const workspace = await scene.platform.workspace({ iac, files: invalid })
    const { id } = await scene.platform.client.runs.create({ workspaceId: workspace.id })
    const run = await scene.platform.untilStatus(id, 'errored')
    expect(await scene.platform.logs(run)).toMatch(
      /Error: (?:Unclosed configuration block|Invalid)/u,
    )
    expect(run.errorMessage).toMatch(/exit code 1/u)
    await expect.poll(() => agent.ended).toMatchObject([{ result: 'failed', exitCode: 1 }])
  })

  it('runs hooks of the agent, the registry and the workspace, in this order, as no root', async () => {
    const say = (level: string): string => `echo "${level}: $(id -u) $PWD"`
    const hooksDir = await hooksDirectory(scene.platform, {
      'pre-plan': `#!/bin/sh\n${say('agent')}\n`,
    })
    await using _agent = await scene.localAgent({ image, hooksDir })
    const workspace = await scene.platform.workspace({
      iac,
      files: oneResource,
      hooks: hooksOf({ prePlan: say('workspace') }),
    })
    await linkRegistryHook(scene.platform, workspace, {
      name: 'checks',
      interpreter: 'sh -eu',
      scriptfilePath: 'check.sh',
      files: { 'check.sh': say('registry') },
      events: ['pre-plan'],
    })
    const { id } = await scene.platform.client.runs.create({ workspaceId: workspace.id })
    const log = await scene.platform.logs(await scene.platform.untilStatus(id, 'planned'))
    expect(log.match(/^(?:agent|registry|workspace): .*$/gmu)).toEqual([
      'agent: 1000 /opt/workdir',
      'registry: 1000 /opt/workdir',
      'workspace: 1000 /opt/workdir',
    ])
    expect(log.match(/^Exit code: 0$/gmu)).toHaveLength(3)
  })

  it('takes variables by environment and, where a file would outrank it, by a FIFO', async () => {
    await using _agent = await scene.localAgent({ image })
    const large = 'x'.repeat(60_000)
    const workspace = await scene.platform.workspace({
      iac,
      autoApply: true,
      files: {
        'main.tf': `
variable "outranked" { type = string }
variable "large" { type = string }
variable "with-hyphen" { type = map(string) }
variable "secret" {
  type      = string
  sensitive = true
}
output "all" {
  value = [var.outranked, length(var.large), var.with-hyphen["a"], length(nonsensitive(var.secret))]
}
`,
        'terraform.tfvars': 'outranked = "of the file"\n',
      },
      variables: [
        { key: 'outranked', value: 'of the "workspace"' },
        { key: 'large', value: large },
        { key: 'with-hyphen', value: '{ a = "b" }', hcl: true },
        { key: 'secret', value: `line one\nline 'two' \${not}\n`, sensitive: true },
      ],
    })
    const { id } = await scene.platform.client.runs.create({ workspaceId: workspace.id })
    await scene.platform.untilStatus(id, 'applied')
    expect(await scene.platform.client.workspaces.outputs(workspace.id)).toMatchObject([
      { name: 'all', value: ['of the "workspace"', 60_000, 'b', 27] },
    ])
  })

  it('five at once each have a container of their own', async () => {
    await using agent = await scene.localAgent({ image, jobMemoryBytes: 256 * 1024 ** 2 })
    const hooks = hooksOf({ prePlan: 'hostname; ls /opt/workdir; sleep 3' })
    const runs = await Promise.all(
      Array.from({ length: 5 }, async (_, index) => {
        const files = { ...oneResource, [`only-${index}.txt`]: '' }
        const workspace = await scene.platform.workspace({ iac, files, hooks })
        return await scene.platform.client.runs.create({ workspaceId: workspace.id })
      }),
    )
    const logs = await Promise.all(
      runs.map(async ({ id }) =>
        scene.platform.logs(await scene.platform.untilStatus(id, 'planned')),
      ),
    )
    expect(agent.mostAtOnce).toBe(5)
    for (const [index, log] of logs.entries()) {
      expect(log.match(/^only-\d\.txt$/gmu)).toEqual([`only-${index}.txt`])
    }
    expect(new Set(logs.map((log) => /^[0-9a-f]{12}$/mu.exec(log)?.[0])).size).toBe(5)
  })
})

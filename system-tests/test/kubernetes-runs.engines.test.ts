import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { invalid, oneResource } from './support/configurations.ts'
import { toolImage } from './support/docker-engine.ts'
import { hooksDirectory, hooksOf, linkRegistryHook } from './support/hooks.ts'
import { anyKubernetesCluster } from './support/kubernetes-cluster.ts'
import { KubernetesScene } from './support/kubernetes-scene.ts'
import { phasesOf } from './support/reports.ts'
import { realTools } from './support/tools.ts'

const kubeconfig = anyKubernetesCluster('runs in pods') ?? ''

describe.skipIf(kubeconfig === '').each(realTools())('a run of real $iac in pods', (tool) => {
  const { iac } = tool
  const image = toolImage(tool)
  const terraformVersion = image.slice(image.indexOf(':') + 1)
  let scene: KubernetesScene

  beforeAll(async () => {
    scene = await KubernetesScene.start(kubeconfig)
  })

  afterEach(async () => {
    await scene.untilNothingLeft()
  })

  afterAll(() => scene[Symbol.asyncDispose]())

  it('plans, waits, applies and destroys, in the image of its version', async () => {
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
    await client.runs.confirm(id)
    const applied = await scene.platform.untilStatus(id, 'applied')
    const { apply } = await phasesOf(scene.platform, applied)
    expect(await client.applies.output(apply.id)).toContain('Apply complete! Resources: 1 added')
    expect(await client.workspaces.outputs(workspace.id)).toContainEqual({
      name: 'text',
      value: 'hello',
      sensitive: false,
    })
    const destroy = await client.runs.create({ workspaceId: workspace.id, isDestroy: true })
    await scene.platform.untilStatus(destroy.id, 'planned')
    await client.runs.confirm(destroy.id)
    await scene.platform.untilStatus(destroy.id, 'applied')
    expect((await client.workspaces.get(workspace.id)).hasResources).toBe(false)

    // One pod for each job, of the image that Scalr's rules say, named after its run and stage.
    await expect.poll(() => agent.ended.length, { timeout: 30_000 }).toBe(4)
    const { pods } = scene.watch
    expect(
      pods.map(({ spec }) => spec.containers.find(({ name }) => name === 'main')?.image),
    ).toEqual(Array.from({ length: 4 }, () => image))
    expect(pods.map(({ metadata }) => metadata.name)).toEqual([
      expect.stringContaining(`${id}-plan`),
      expect.stringContaining(`${id}-apply`),
      expect.stringContaining(`${destroy.id}-plan`),
      expect.stringContaining(`${destroy.id}-apply`),
    ])
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
    await expect
      .poll(() => agent.ended, { timeout: 30_000 })
      .toMatchObject([{ result: 'failed', exitCode: 1 }])
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
  })

  it('takes variables that Kubernetes or a shell would expand as they are', async () => {
    await using _agent = await scene.localAgent({ image })
    const odd = `$(HOME) $$(HOME) $HOME \${HOME} "quoted" 'single' \\ \`id\``
    const workspace = await scene.platform.workspace({
      iac,
      autoApply: true,
      files: {
        'main.tf': `
variable "text" { type = string }
variable "large" { type = string }
output "all" {
  value = [var.text, length(var.large)]
}
`,
      },
      variables: [
        { key: 'text', value: odd },
        { key: 'large', value: 'x'.repeat(60_000) },
        { key: 'ODD', value: odd, category: 'shell' },
      ],
      hooks: hooksOf({
        prePlan: `printf 'shell: %s\\n' "$ODD"; env | grep -c '^KUBERNETES_' || :`,
      }),
    })
    const { id } = await scene.platform.client.runs.create({ workspaceId: workspace.id })
    const run = await scene.platform.untilStatus(id, 'applied')
    expect(await scene.platform.client.workspaces.outputs(workspace.id)).toMatchObject([
      { name: 'all', value: [odd, 60_000] },
    ])
    const log = await scene.platform.logs(run)
    expect(log).toContain(`shell: ${odd}\n`)
    // Nothing of the cluster's reaches a job.
    expect(log).toMatch(/^0$/mu)
  })

  it('five at once each have a pod of their own', async () => {
    await using agent = await scene.localAgent({ image, jobMemoryBytes: 256 * 1024 ** 2 })
    const hooks = hooksOf({ prePlan: 'echo "pod $(hostname)"; ls /opt/workdir; sleep 3' })
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
    const hosts = logs.map((log) => /^pod .*$/mu.exec(log)?.[0])
    expect(new Set(hosts).size).toBe(5)
  })
})

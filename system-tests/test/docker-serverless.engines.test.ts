import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { DockerExecutor } from '@scalr-agent/executor-docker'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { agentImage } from './support/agent-image.ts'
import { oneResource } from './support/configurations.ts'
import { anyDockerEngine, dockerLines } from './support/docker-engine.ts'
import { DockerScene } from './support/docker-scene.ts'
import { RunningLauncher } from './support/running-launcher.ts'
import { anyRealTool } from './support/tools.ts'

const suite = 'a serverless pool, its agents in containers'
const host = anyDockerEngine(suite) ?? ''
const tool = anyRealTool(suite)

describe.skipIf(host === '' || tool === undefined)('a serverless pool', () => {
  if (tool === undefined) return
  let scene: DockerScene
  let image: string

  beforeAll(async () => {
    image = await agentImage(host, tool)
    scene = await DockerScene.start(host, { webhookRetryMs: 100, reaperEveryMs: 100 })
  })

  afterEach(async () => {
    const label = 'label=io.scalr.agent.agent-id=serverless'
    await expect
      .poll(() => dockerLines(host, 'ps', '--all', '--quiet', '--filter', label), {
        timeout: 20_000,
      })
      .toEqual([])
  })

  afterAll(async () => {
    await scene[Symbol.asyncDispose]()
  })

  async function launcher(launch: {
    readonly image: string
    readonly argv?: [string, ...string[]]
  }): Promise<RunningLauncher> {
    const { platform, workloadUrl } = scene
    const ca = await readFile(platform.caCertPath, 'base64')
    return await RunningLauncher.start(platform, {
      executor: await DockerExecutor.connect({ engine: { host }, images: { pullPolicy: 'never' } }),
      dataDir: join(platform.directory, `launcher-${launch.image.replaceAll(/\W/gu, '-')}`),
      url: workloadUrl,
      launch: { ...launch, env: { SCALR_AGENT_CA_CERT: ca }, memoryBytes: 1024 ** 3 },
      launchForMs: 2000,
    })
  }

  it('has its run planned and applied, each by an agent in single mode in a container of its own', async () => {
    // What the agent is told, then the agent.
    const argv: [string, ...string[]] = ['/bin/sh', '-c', 'env; exec scalr-agent run']
    await using running = await launcher({ image, argv })
    const { client } = scene.platform
    const { iac } = tool
    const workspace = await scene.platform.workspace({ iac, files: oneResource, autoApply: true })
    const { id } = await client.runs.create({ workspaceId: workspace.id })
    const failed = new Promise<never>((_, reject) =>
      running.launcher.events.on('task:end', ({ key, result, exitCode }) => {
        if (exitCode !== 0) reject(new Error(`${result}: see ${running.launcher.logPath(key)}`))
      }),
    )
    const run = await Promise.race([scene.platform.untilStatus(id, 'applied'), failed])
    expect(await scene.platform.logs(run)).toContain('Apply complete! Resources: 1 added')
    const { launcher: watched } = running
    await expect
      .poll(() => watched.status().counts.ended, { timeout: 30_000 })
      .toEqual({ exited: 2 })
    const tasks = running.launcher.tasks()
    expect(tasks).toMatchObject([
      { request: { action: 'plan', runId: id }, attempts: 1, outcome: { exitCode: 0 } },
      { request: { action: 'apply', runId: id }, attempts: 1, outcome: { exitCode: 0 } },
    ])
    const logs = await Promise.all(
      tasks.map(async ({ key }) => readFile(running.launcher.logPath(key) ?? '', 'utf8')),
    )
    for (const log of logs) {
      const lines = log.split('\n')
      for (const name of ['SINGLE', 'DRIVER']) {
        const value = name === 'SINGLE' ? 'true' : 'local'
        expect(lines).toContain(`SCALR_AGENT_${name}=${value}`)
        expect(lines).toContain(`SCALR_${name}=${value}`)
      }
      // I12: told, and never kept.
      expect(log).toMatch(/^SCALR_AGENT_TOKEN=\*+$/mu)
      expect(log).toMatch(/^SCALR_TOKEN=\*+$/mu)
      expect(log).toContain('single mode: the job ended, succeeded')
    }
    for await (const { status } of client.agents.list()) expect(status).not.toBe('idle')
  })

  it('whose image is missing has its task ended with the reason, and nothing started', async () => {
    await using running = await launcher({ image: 'local/no-such-agent:1' })
    const { client } = scene.platform
    const workspace = await scene.platform.workspace({ iac: tool.iac, files: oneResource })
    const { id } = await client.runs.create({ workspaceId: workspace.id })
    await expect.poll(() => running.launcher.tasks()[0]?.state, { timeout: 30_000 }).toBe('ended')
    expect(JSON.stringify(running.launcher.tasks())).toContain('no-such-agent')
    await client.runs.cancel(id)
    await scene.platform.untilStatus(id, 'canceled')
  })
})

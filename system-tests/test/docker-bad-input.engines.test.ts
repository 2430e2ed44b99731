import { execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import type { AgentOptions, Run } from '@scalr-agent/core'
import { DockerExecutor } from '@scalr-agent/executor-docker'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

import { oneResource } from './support/configurations.ts'
import { anyDockerEngine, docker, dockerLines, toolImage } from './support/docker-engine.ts'
import { Registry, registryProgram } from './support/docker-registry.ts'
import { DockerScene } from './support/docker-scene.ts'
import { DockerWatch } from './support/docker-watch.ts'
import { hooksOf } from './support/hooks.ts'
import { anyRealTool } from './support/tools.ts'

const suite = 'bad input of containers'
const host = anyDockerEngine(suite) ?? ''
const tool = anyRealTool(suite)
const program = registryProgram(suite)

describe.skipIf(host === '' || tool === undefined)('bad input of jobs in containers', () => {
  if (tool === undefined) return
  const { iac } = tool
  const image = toolImage(tool)
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

  type Docker = Parameters<DockerScene['localAgent']>[1]

  /** A run with such an agent, once it has errored. */
  async function errored(options: Partial<AgentOptions>, settings: Docker = {}): Promise<Run> {
    await using _agent = await scene.localAgent(options, settings)
    const workspace = await scene.platform.workspace({ iac, files: oneResource })
    const { id } = await scene.platform.client.runs.create({ workspaceId: workspace.id })
    const run = await scene.platform.untilStatus(id, 'errored')
    // One clear line: what was being done, on what, what went wrong, what to do.
    expect(run.errorMessage?.split('\n')).toHaveLength(1)
    return run
  }

  it('an image that is not there, with pulls refused', async () => {
    const run = await errored({ image: 'scalr/none:1' }, { images: { pullPolicy: 'never' } })
    expect(run.errorMessage).toMatch(/scalr\/none:1.*(?:pull|load)/iu)
  })

  it.skipIf(program === undefined)(
    'a registry that does not know the image, and one that asks who we are',
    async () => {
      await using open = await Registry.start(program ?? '')
      const unknown = await errored({ image: `${open.address}/scalr/none:1` })
      expect(unknown.errorMessage).toMatch(
        /Cannot use the image `127\.0\.0\.1:\d+\/scalr\/none:1`: the registry .* (?:does not have it|has no such repository)/u,
      )
      await using closed = await Registry.start(program ?? '', { password: true })
      const refused = await errored({ image: `${closed.address}/scalr/none:1` })
      expect(refused.errorMessage).toMatch(/docker login 127\.0\.0\.1:\d+/u)
    },
  )

  it('an image without a shell', async () => {
    const run = await errored({ image: 'local/no-shell:1' })
    expect(run.errorMessage).toMatch(/no \/bin\/sh/u)
  })

  it('an image for another kind of processor, refused before it starts and when it starts', async () => {
    const refused = await errored({ image: 'local/other-arch:1' })
    expect(refused.errorMessage).toMatch(/local\/other-arch:1.*(?:processor|CPU|arm64|amd64)/u)
    const started = await errored(
      { image: 'local/other-arch:1' },
      { images: { architecture: 'any' } },
    )
    expect(started.errorMessage).toMatch(/another kind of processor/u)
  })

  it('I2: a container that is removed by hand is lost, never a success', async () => {
    await using _agent = await scene.localAgent({ image })
    const workspace = await scene.platform.workspace({
      iac,
      files: oneResource,
      hooks: hooksOf({ prePlan: 'echo at work; sleep 60' }),
    })
    const { id } = await scene.platform.client.runs.create({ workspaceId: workspace.id })
    const { planId } = await scene.platform.client.runs.get(id)
    await scene.platform.untilPlanLog(planId, /^at work$/mu)
    const [container = ''] = watch
      .created(await scene.agentIds())
      .map((created) => created.id)
      .slice(-1)
    await docker(host, 'rm', '--force', '--volumes', container)
    const run = await scene.platform.untilStatus(id, 'errored')
    expect(run.errorMessage).toMatch(/removed|gone|vanished/u)
    // What had been said until then is kept.
    expect(await scene.platform.logs(run)).toMatch(/^at work$/mu)
  })

  it.skipIf(program === undefined)(
    "a stranger has the container's name: it is left alone, and the run says so",
    async () => {
      await using registry = await Registry.start(program ?? '')
      // While its image comes, the workload has a name, and no container has it yet.
      const slow = await importImage(`${registry.address}/slow:1`)
      await docker(host, 'push', '--quiet', slow)
      await docker(host, 'rmi', slow)
      const gate = registry.hold()
      await using agent = await scene.localAgent({ image: slow })
      const workspace = await scene.platform.workspace({ iac, files: oneResource })
      const { id } = await scene.platform.client.runs.create({ workspaceId: workspace.id })
      await gate.reached
      const [job = ''] = await readdir(join(agent.dataDir, 'jobs'))
      const journal = await readFile(join(agent.dataDir, 'jobs', job, 'journal.json'), 'utf8')
      const name = `scalr-agent-${String(Object(JSON.parse(journal))['workloadId'])}`
      await docker(host, 'create', '--name', name, 'local/busybox:1')
      gate.letGo()
      const run = await scene.platform.untilStatus(id, 'errored')
      expect(run.errorMessage).toContain(
        `a container named ${name} that this executor did not make`,
      )
      expect(
        await dockerLines(host, 'ps', '--all', '--quiet', '--filter', `name=${name}`),
      ).toHaveLength(1)
      await docker(host, 'rm', name)
      await docker(host, 'rmi', slow)
    },
  )
})

/** An image that shares nothing with another. */
async function importImage(name: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'sa-image-'))
  await writeFile(join(directory, 'noise'), randomBytes(500_000))
  execFileSync('tar', ['-C', directory, '-cf', `${directory}.tar`, '.'])
  await docker(host, 'import', `${directory}.tar`, name)
  await rm(directory, { recursive: true })
  await rm(`${directory}.tar`)
  return name
}

describe.skipIf(host === '')('an agent whose engine cannot be used does not start', () => {
  let scene: DockerScene

  beforeAll(async () => {
    scene = await DockerScene.start(host)
  })

  afterAll(() => scene[Symbol.asyncDispose]())

  /** What an agent said that did not start, and how it ended. */
  async function refusal(
    env: Readonly<Record<string, string>>,
  ): Promise<{ readonly code: number | string; readonly said: string }> {
    await using daemon = await scene.daemon({ env })
    daemon.ready().catch(() => {})
    return { code: await daemon.exited(), said: daemon.output.join('\n') }
  }

  it('for a loopback URL of the control plane, with the remedy', async () => {
    const { platform, gateway } = scene
    const { code, said } = await refusal({ SCALR_AGENT_WORKLOAD_URL: platform.url })
    expect(code).toBe(2)
    expect(said).toMatch(/inside a container that is the container itself/u)
    expect(said).toContain(
      `(SCALR_AGENT_WORKLOAD_URL) to https://${gateway}:${new URL(platform.url).port}`,
    )
  })

  it('without an engine', async () => {
    const { code, said } = await refusal({ DOCKER_HOST: 'unix:///nowhere/docker.sock' })
    expect(code).not.toBe(0)
    expect(said).toMatch(/unix:\/\/\/nowhere\/docker\.sock.*there is no such socket/su)
  })

  it('with a socket on which nothing listens', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sa-socket-'))
    const path = join(directory, 'docker.sock')
    // The socket of a process that was killed stays.
    const listening = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`
    await once(spawn(process.execPath, ['-e', listening, path]), 'exit')
    const { code, said } = await refusal({ DOCKER_HOST: `unix://${path}` })
    await rm(directory, { recursive: true, force: true })
    expect(code).not.toBe(0)
    expect(said).toContain('nothing listens on the socket: the engine does not run')
  })

  it.skipIf(process.getuid?.() !== 0)('without permission on the socket', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sa-user-'))
    const path = join(directory, 'docker.sock')
    // A socket as Docker makes it, but for root alone.
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(path, resolve))
    await chmod(directory, 0o755)
    await chmod(path, 0o600)
    process.seteuid?.(65_534)
    const refused = await DockerExecutor.connect({ engine: { host: `unix://${path}` } }).then(
      String,
      String,
    )
    process.seteuid?.(0)
    server.close()
    await rm(directory, { recursive: true, force: true })
    expect(refused).toMatch(/may not open it \(EACCES\)\. Add it to the group of the socket/u)
  })
})

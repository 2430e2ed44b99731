import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

import { ScalrClient, type Workspace } from '@scalr-agent/core'

import type { AgentArgument, AgentMessage } from './agent-process.ts'
import type { ControlPlaneArgument, ControlPlaneMessage } from './control-plane-process.ts'
import { ForkedProcess } from './forked-process.ts'

const run = promisify(execFile)
const agentModule = new URL('agent-process.ts', import.meta.url)
const controlPlaneModule = new URL('control-plane-process.ts', import.meta.url)

/** A real control plane and a real agent, each in a process of its own, on loopback and in one directory. */
export class BenchPlatform implements AsyncDisposable {
  readonly directory: string
  readonly url: string
  /** Where jobs reach it. */
  readonly workloadUrl: string
  /** Certificate of its own CA, where it has one. */
  readonly caCertPath: string
  readonly ownerToken: string
  readonly client: ScalrClient
  readonly controlPlane: ForkedProcess<ControlPlaneMessage>
  readonly agent: ForkedProcess<AgentMessage>
  readonly #environmentId: string
  readonly #poolId: string
  readonly #resources: AsyncDisposableStack
  #workspaces = 0

  private constructor(parts: {
    readonly directory: string
    readonly ready: {
      readonly url: string
      readonly workloadUrl: string
      readonly ownerToken: string
      readonly caCertPath?: string | undefined
    }
    readonly client: ScalrClient
    readonly controlPlane: ForkedProcess<ControlPlaneMessage>
    readonly agent: ForkedProcess<AgentMessage>
    readonly environmentId: string
    readonly poolId: string
    readonly resources: AsyncDisposableStack
  }) {
    this.directory = parts.directory
    this.url = parts.ready.url
    this.workloadUrl = parts.ready.workloadUrl
    this.caCertPath = parts.ready.caCertPath ?? ''
    this.ownerToken = parts.ready.ownerToken
    this.client = parts.client
    this.controlPlane = parts.controlPlane
    this.agent = parts.agent
    this.#environmentId = parts.environmentId
    this.#poolId = parts.poolId
    this.#resources = parts.resources
  }

  static async start(
    options: Pick<AgentArgument, 'tools' | 'jobMemoryBytes' | 'jobCpus'> & {
      /** Jobs run in containers of that engine, and reach the control plane at its gateway. */
      readonly docker?: {
        readonly host: string
        readonly image: string
        readonly gateway: string
      }
    },
  ): Promise<BenchPlatform> {
    const { docker, ...agentOptions } = options
    await using resources = new AsyncDisposableStack()
    const directory = await mkdtemp(join(tmpdir(), 'scalr-agent-bench-'))
    resources.defer(() => rm(directory, { recursive: true, force: true }))
    const controlPlane = resources.use(
      new ForkedProcess<ControlPlaneMessage>(controlPlaneModule, {
        dataDir: join(directory, 'control-plane'),
        gateway: docker?.gateway,
      } satisfies ControlPlaneArgument),
    )
    const ready = await controlPlane.next('ready')
    const { url, accountId, ownerToken, caCertPath } = ready
    const workloadUrl =
      docker === undefined ? url : `https://${docker.gateway}:${new URL(url).port}`
    const client = new ScalrClient({
      url,
      token: ownerToken,
      ...(caCertPath === undefined ? {} : { connection: { caCert: caCertPath } }),
    })
    resources.defer(() => client.close())
    const { id: poolId } = await client.agentPools.create({ name: 'bench' })
    const { token } = await client.accessTokens.createForPool(poolId)
    const environment = await client.environments.create({ name: 'bench', accountId })
    const agent = resources.use(
      new ForkedProcess<AgentMessage>(agentModule, {
        ...agentOptions,
        ...(docker === undefined ? {} : { docker, workloadUrl, caCert: caCertPath }),
        url,
        token: token ?? '',
        dataDir: join(directory, 'agent'),
      } satisfies AgentArgument),
    )
    await agent.next('ready')
    return new BenchPlatform({
      directory,
      ready: { ...ready, workloadUrl },
      client,
      controlPlane,
      agent,
      environmentId: environment.id,
      poolId,
      resources: resources.move(),
    })
  }

  /** A workspace of the agent's pool with an uploaded configuration. */
  async workspace(
    files: Readonly<Record<string, string>>,
    options: Pick<Partial<Workspace>, 'autoApply' | 'iacPlatform'> = {},
  ): Promise<Workspace> {
    this.#workspaces += 1
    const workspace = await this.client.workspaces.create({
      name: `bench-${this.#workspaces}`,
      environmentId: this.#environmentId,
      agentPoolId: this.#poolId,
      iacPlatform: options.iacPlatform ?? 'terraform',
      autoQueueRuns: 'never',
      autoApply: options.autoApply ?? false,
    })
    const version = await this.client.configurationVersions.create({ workspaceId: workspace.id })
    const source = join(this.directory, workspace.id)
    await layOut(files, source)
    const { stdout } = await run('tar', ['-czf', '-', '-C', source, '.'], { encoding: 'buffer' })
    await this.client.configurationVersions.upload(version, stdout)
    return workspace
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync()
  }
}

/** Writes files by their path into a new directory. */
export async function layOut(
  files: Readonly<Record<string, string>>,
  directory: string,
): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, content)
  }
}

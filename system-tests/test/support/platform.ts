import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { createControlPlane, type ControlPlaneServer } from '@scalr-agent/control-plane'
import { ScalrClient, type Run, type Workspace } from '@scalr-agent/core'

import { archiveOf } from './archive.ts'
import { ownPort } from './own-port.ts'
import type { Iac } from './tools.ts'
import { untilText } from './until-text.ts'

type ControlPlaneOptions = Parameters<typeof createControlPlane>[0]
type Timing = NonNullable<ControlPlaneOptions['timing']>
/** How the control plane is set, beside where it lies. */
type ServerOptions = Omit<ControlPlaneOptions, 'dataDir' | 'port' | 'timing'>

/** What a workspace of a test runs. */
export interface WorkspaceOptions {
  readonly iac?: Iac
  /** Absent: its configuration comes from elsewhere. */
  readonly files?: Readonly<Record<string, string>>
  readonly variables?: readonly {
    readonly key: string
    readonly value: string
    readonly category?: 'terraform' | 'shell'
    readonly sensitive?: boolean
    readonly hcl?: boolean
  }[]
  readonly hooks?: Workspace['hooks']
  readonly autoApply?: boolean
  /** More attributes of the workspace, as the client names them. */
  readonly attributes?: Omit<
    Parameters<ScalrClient['workspaces']['create']>[0],
    'name' | 'environmentId' | 'agentPoolId'
  >
  /** @default the platform's own pool */
  readonly poolId?: string
}

/** An agent pool and the token that its agents register with. */
export interface Pool {
  readonly id: string
  readonly token: string
}

/** A control plane with one pool, one environment and a client, on loopback and a directory of its own. */
export class Platform implements AsyncDisposable {
  readonly directory: string
  readonly #options: ControlPlaneOptions
  #server: ControlPlaneServer
  #client: ScalrClient
  #poolId = ''
  #environmentId = ''
  #poolToken = ''
  #workspaces = 0

  private constructor(directory: string, options: ControlPlaneOptions, server: ControlPlaneServer) {
    this.directory = directory
    this.#options = options
    this.#server = server
    this.#client = clientOf(server)
  }

  static async start(timing: Timing = {}, options: ServerOptions = {}): Promise<Platform> {
    const directory = await mkdtemp(join(tmpdir(), 'scalr-agent-system-'))
    const dataDir = join(directory, 'control-plane')
    const all = { ...options, dataDir, timing, port: await ownPort() }
    const server = await createControlPlane(all)
    const platform = new Platform(directory, all, server)
    await platform.#setUp()
    return platform
  }

  get url(): string {
    return this.#server.url
  }

  /** Certificate of its own CA, where it has one. */
  get caCertPath(): string {
    return this.#server.caCertPath ?? ''
  }

  get client(): ScalrClient {
    return this.#client
  }

  get poolId(): string {
    return this.#poolId
  }

  get poolToken(): string {
    return this.#poolToken
  }

  get ownerToken(): string {
    return this.#server.ownerToken()
  }

  /** Another pool, so that only its own agents take the jobs of its workspaces. */
  async addPool(name: string): Promise<Pool> {
    const pool = await this.#client.agentPools.create({ name })
    const { token } = await this.#client.accessTokens.createForPool(pool.id)
    return { id: pool.id, token: token ?? '' }
  }

  /** Everything the control plane keeps. */
  get controlPlaneDirectory(): string {
    return join(this.directory, 'control-plane')
  }

  /** Stops the control plane; `restart` brings it back at the same address. */
  async stop(): Promise<void> {
    await this.#client.close()
    await this.#server.close()
  }

  async restart(): Promise<void> {
    this.#server = await createControlPlane(this.#options)
    this.#client = clientOf(this.#server)
  }

  async workspace(options: WorkspaceOptions): Promise<Workspace> {
    this.#workspaces += 1
    const workspace = await this.#client.workspaces.create({
      name: `workspace-${this.#workspaces}`,
      environmentId: this.#environmentId,
      agentPoolId: options.poolId ?? this.#poolId,
      iacPlatform: options.iac ?? 'terraform',
      autoQueueRuns: 'never',
      autoApply: options.autoApply ?? false,
      ...options.attributes,
      ...(options.hooks === undefined ? {} : { hooks: options.hooks }),
    })
    for (const variable of options.variables ?? []) {
      await this.#client.variables.create({
        category: 'terraform',
        ...variable,
        workspaceId: workspace.id,
      })
    }
    if (options.files !== undefined) await this.upload(workspace.id, options.files)
    return workspace
  }

  async upload(workspaceId: string, files: Readonly<Record<string, string>>): Promise<void> {
    const version = await this.#client.configurationVersions.create({ workspaceId })
    await this.#client.configurationVersions.upload(version, await archiveOf(files))
  }

  /** Polls a run until it has one of the statuses, or ends in one that was not asked for. */
  async untilStatus(runId: string, ...statuses: readonly string[]): Promise<Run> {
    for (;;) {
      const run = await this.#client.runs.get(runId)
      if (statuses.includes(run.status)) return run
      if (ended.has(run.status)) {
        throw new Error(
          `Run ${runId} ended ${run.status} instead of ${statuses.join(' or ')}: ${run.errorMessage ?? 'no message'}\n${await this.logs(run)}`,
        )
      }
      await delay(150)
    }
  }

  /** Waits until the log of an apply holds this. */
  async untilApplyLog(applyId: string | null, wanted: string | RegExp): Promise<void> {
    await untilText(() => this.#client.applies.output(applyId ?? ''), wanted)
  }

  /** The same for a plan. */
  async untilPlanLog(planId: string | null, wanted: string | RegExp): Promise<void> {
    await untilText(() => this.#client.plans.output(planId ?? ''), wanted)
  }

  /** Both logs of a run. */
  async logs(run: Run): Promise<string> {
    const plan = run.planId === null ? '' : await this.#client.plans.output(run.planId)
    const apply = run.applyId === null ? '' : await this.#client.applies.output(run.applyId)
    return `${plan ?? ''}${apply ?? ''}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await rm(this.directory, { recursive: true, force: true })
  }

  async #setUp(): Promise<void> {
    const { id, token } = await this.addPool('pool')
    this.#poolId = id
    this.#poolToken = token
    const environment = await this.#client.environments.create({
      name: 'environment',
      accountId: this.#server.accountId,
    })
    this.#environmentId = environment.id
  }
}

const ended = new Set<string>([
  'applied',
  'planned_and_finished',
  'errored',
  'canceled',
  'discarded',
])

function clientOf(server: ControlPlaneServer): ScalrClient {
  const { url, caCertPath } = server
  return new ScalrClient({
    url,
    token: server.ownerToken(),
    ...(caCertPath === undefined ? {} : { connection: { caCert: caCertPath } }),
  })
}

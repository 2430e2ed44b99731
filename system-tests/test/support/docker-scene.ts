import type { AgentOptions, AgentParts } from '@scalr-agent/core'
import { DockerExecutor } from '@scalr-agent/executor-docker'

import { Daemon } from './daemon.ts'
import { gatewayOf } from './docker-engine.ts'
import type { DockerWatch } from './docker-watch.ts'
import { LocalAgent } from './local-agent.ts'
import { Platform } from './platform.ts'

type Timing = NonNullable<Parameters<typeof Platform.start>[0]>
type ServerOptions = NonNullable<Parameters<typeof Platform.start>[1]>
type DockerOptions = NonNullable<Parameters<typeof DockerExecutor.connect>[0]>

/**
 * A control plane that jobs in containers reach: over TLS with a CA of its own, on the address that the
 * engine's bridge has on this machine; and agents whose jobs run in that engine.
 */
export class DockerScene implements AsyncDisposable {
  readonly platform: Platform
  readonly host: string
  readonly gateway: string

  private constructor(platform: Platform, host: string, gateway: string) {
    this.platform = platform
    this.host = host
    this.gateway = gateway
  }

  static async start(
    host: string,
    timing: Timing = {},
    options: ServerOptions = {},
  ): Promise<DockerScene> {
    const gateway = await gatewayOf(host)
    const platform = await Platform.start(timing, {
      tls: 'own-ca',
      host: ['127.0.0.1', gateway],
      ...options,
    })
    return new DockerScene(platform, host, gateway)
  }

  /** Where jobs reach the control plane. */
  get workloadUrl(): string {
    return `https://${this.gateway}:${new URL(this.platform.url).port}`
  }

  /** An agent in this process. */
  async localAgent(
    options: Partial<AgentOptions> = {},
    docker: DockerOptions = {},
    parts: AgentParts = {},
  ): Promise<LocalAgent> {
    const executor = await DockerExecutor.connect({ engine: { host: this.host }, ...docker })
    const all = { ...this.#agentOptions, executor, ...options }
    return await LocalAgent.start(this.platform, undefined, all, parts)
  }

  /** An agent in a process of its own, for `kill -9`. */
  async daemon(options: NonNullable<Parameters<typeof Daemon.start>[1]> = {}): Promise<Daemon> {
    return await Daemon.start(this.platform, { ...options, env: { ...this.env, ...options.env } })
  }

  /** The environment of such a daemon. */
  get env(): Readonly<Record<string, string>> {
    return {
      SCALR_AGENT_DRIVER: 'docker',
      DOCKER_HOST: this.host,
      SCALR_AGENT_CA_CERT: this.platform.caCertPath,
      SCALR_AGENT_WORKLOAD_URL: this.workloadUrl,
      SCALR_AGENT_CONTAINER_TASK_IMAGE_MODE: 'legacy',
    }
  }

  /** What jobs of its agents left in the engine. */
  async left(watch: DockerWatch): Promise<readonly string[]> {
    return await watch.leftBy(await this.agentIds())
  }

  /** Ids of all agents that ever registered here. */
  async agentIds(): Promise<readonly string[]> {
    const ids: string[] = []
    for await (const agent of this.platform.client.agents.list()) ids.push(agent.id)
    return ids
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.platform[Symbol.asyncDispose]()
  }

  get #agentOptions(): Partial<AgentOptions> {
    return {
      caCert: this.platform.caCertPath,
      workloadUrl: this.workloadUrl,
      imageMode: 'legacy',
    }
  }
}

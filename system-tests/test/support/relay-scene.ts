import { mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { createControlPlane } from '@scalr-agent/control-plane'
import {
  createRelayGateway,
  type RelayGateway,
  type RelayWebhook,
} from '@scalr-agent/vcs-relay/gateway'
import { vi } from 'vitest'

import { Daemon } from './daemon.ts'
import { Platform, type Pool } from './platform.ts'

const main = new URL('../../../examples/vcs-agent/src/main.ts', import.meta.url).pathname

const hookPath = '/hooks/0123456789abcdef0123456789abcdef'
/** Secret of the webhooks of every agent of a scene. */
export const hookSecret = 'canary-7d1f-secret-of-webhooks'

type GatewayOptions = Parameters<typeof createRelayGateway>[0]
type Timing = NonNullable<Parameters<typeof createControlPlane>[0]['timing']>

/** A VCS, as the configuration of an agent names it. */
export interface SceneVcs {
  readonly name: string
  readonly kind: string
  readonly url: string
  readonly token?: string
}

/** A control plane, whose gateway the test reaches too, and VCS agents as the daemons of examples/vcs-agent. */
export class RelayScene implements AsyncDisposable {
  readonly platform: Platform
  readonly pool: Pool
  readonly webhooks: RelayWebhook[]
  readonly #gateway: () => RelayGateway
  readonly #kept = new AsyncDisposableStack()

  private constructor(parts: {
    readonly platform: Platform
    readonly pool: Pool
    readonly webhooks: RelayWebhook[]
    readonly gateway: () => RelayGateway
  }) {
    this.platform = this.#kept.use(parts.platform)
    this.pool = parts.pool
    this.webhooks = parts.webhooks
    this.#gateway = parts.gateway
  }

  static async start(timing: Timing = {}): Promise<RelayScene> {
    let gateway: RelayGateway | undefined
    const webhooks: RelayWebhook[] = []
    const createGateway = (options: GatewayOptions): RelayGateway => {
      gateway = createRelayGateway({
        ...options,
        onWebhook: async (webhook, from) => {
          await options.onWebhook(webhook, from)
          webhooks.push(webhook)
        },
      })
      return gateway
    }
    const platform = await Platform.start(timing, { createGateway })
    const { client } = platform
    const { id } = await client.agentPools.create({ name: 'vcs', vcsEnabled: true })
    const { token } = await client.accessTokens.createForPool(id)
    return new RelayScene({
      platform,
      pool: { id, token: token ?? '' },
      webhooks,
      gateway: () => {
        if (gateway === undefined) throw new Error('There is no gateway')
        return gateway
      },
    })
  }

  /** Of the control plane that runs now. */
  get gateway(): RelayGateway {
    return this.#gateway()
  }

  /** A VCS provider of the pool. @returns its id */
  async provider(type: 'github_enterprise' | 'gitea'): Promise<string> {
    const { data } = await this.platform.client.request('POST /vcs-providers', {
      body: {
        data: {
          type: 'vcs-providers',
          attributes: {
            name: type,
            // Gitea is none of Scalr's types: it is our control plane's own.
            'vcs-type': type as 'github_enterprise',
            'auth-type': 'personal_token',
            // A name that exists nowhere: the agent alone knows where it is.
            url: 'https://git.corp.invalid',
          },
          relationships: { 'agent-pool': { data: { type: 'agent-pools', id: this.pool.id } } },
        },
      },
    })
    return data?.id ?? ''
  }

  /** Starts an agent that serves that VCS, and waits until it is connected. */
  async agent(vcs: SceneVcs, name = 'vcs-agent'): Promise<VcsDaemon> {
    const directory = await mkdtemp(join(this.platform.directory, 'vcs-'))
    const config = {
      vcs: {
        [vcs.name]: {
          kind: vcs.kind,
          url: vcs.url,
          credentials:
            vcs.token === undefined ? { type: 'none' } : { type: 'token', tokenFile: 'token' },
          policy: { allowedProjects: ['octo-org/*'], write: ['statuses'] },
          hook: { path: hookPath, secretFiles: ['hook-secret'], allowFrom: ['127.0.0.0/8'] },
        },
      },
      webhooks: { port: 0 },
    }
    await writeFile(join(directory, 'vcs.json'), JSON.stringify(config))
    await writeFile(join(directory, 'token'), vcs.token ?? '')
    await writeFile(join(directory, 'hook-secret'), hookSecret)
    const daemon = this.#kept.use(
      await Daemon.start(
        { ...this.pool, directory, poolToken: this.pool.token, url: this.platform.url },
        { module: main, name, env: { SCALR_AGENT_VCS_CONFIG: join(directory, 'vcs.json') } },
      ),
    )
    await daemon.untilSaid('The VCS agent is connected')
    await daemon.untilSaid('Listening for webhooks')
    return new VcsDaemon(daemon, directory)
  }

  /** Waits until an agent serves that VCS. */
  async untilServed(vcs: string): Promise<void> {
    await vi.waitFor(
      () => {
        if (!this.gateway.served(this.pool.id).includes(vcs)) throw new Error('Nobody serves it')
      },
      { timeout: 60_000, interval: 20 },
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kept.disposeAsync()
  }
}

/** A VCS agent that runs. */
export class VcsDaemon {
  readonly daemon: Daemon
  /** Where it takes webhooks. */
  readonly hookUrl: string

  /** Its configuration and secrets. */
  readonly directory: string

  constructor(daemon: Daemon, directory: string) {
    this.directory = directory
    this.daemon = daemon
    const line = daemon.output.find((each) => each.includes('Listening for webhooks')) ?? '{}'
    this.hookUrl = `${String(Object(JSON.parse(line))['url'])}${hookPath}`
  }
}

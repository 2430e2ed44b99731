import type {
  RelayGateway,
  RelayGatewayOptions,
  RelayWebhook,
} from '@scalr-agent/vcs-relay/gateway'

import type { TestForge } from './test-forge.ts'

/** A gateway whose agent is in the same process and serves one forge to every pool. */
export class ForgeGateway implements RelayGateway {
  readonly #forge: TestForge
  #options: RelayGatewayOptions | undefined
  /** While `false`, as if no agent were there. */
  isOnline = true

  constructor(forge: TestForge) {
    this.#forge = forge
  }

  /** For `createControlPlane`. */
  readonly create = (options: RelayGatewayOptions): RelayGateway => {
    this.#options = options
    return this
  }

  /** Delivers as an agent's spool does, until it is taken. */
  async deliver(
    poolId: string,
    webhook: Pick<RelayWebhook, 'headers' | 'body'> & Partial<RelayWebhook>,
  ): Promise<void> {
    await this.#options?.onWebhook(
      {
        id: `hook-${Math.random()}`,
        vcs: 'ghe',
        deliveryId: undefined,
        receivedAt: new Date().toISOString(),
        target: '/webhooks/ghe',
        signature: 'verified',
        ...webhook,
      },
      { agentId: 'agent-1', poolId },
    )
  }

  async request(
    _poolId: string,
    request: Parameters<RelayGateway['request']>[1],
    options: Parameters<RelayGateway['request']>[2] = {},
  ): Promise<Awaited<ReturnType<RelayGateway['request']>>> {
    if (!this.isOnline) throw new Error('No VCS agent of the pool is online. Start one.')
    const { signal } = options
    const given = new Promise<never>((_resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new Error('Given up.')), { once: true })
    })
    return Promise.race([this.#forge.answer(request), given])
  }

  served(): readonly string[] {
    return this.isOnline ? ['ghe'] : []
  }

  async handle(): Promise<void> {}
  upgrade(): void {}
  drop(): void {}
  async close(): Promise<void> {}
  async [Symbol.asyncDispose](): Promise<void> {}
}

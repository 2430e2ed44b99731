import type { RequestOptions } from 'node:https'

import type { KubeConfig } from '@kubernetes/client-node'

import type { ClusterEntry, UserEntry } from './kubeconfig-schema.ts'

/** The older kind of plugins (`auth-provider`: oidc, gcp, azure), as client-node has them. */
export class AuthProvider {
  readonly #provider: NonNullable<UserEntry['auth-provider']>
  readonly #cluster: ClusterEntry
  #config: KubeConfig | undefined

  constructor(provider: NonNullable<UserEntry['auth-provider']>, cluster: ClusterEntry) {
    this.#provider = provider
    this.#cluster = cluster
  }

  /** The header for a call. */
  async authorization(): Promise<string | undefined> {
    const config = (this.#config ??= await this.#load())
    const options: RequestOptions = {}
    await config.applyToHTTPSOptions(options)
    const headers = Object.entries(options.headers ?? {})
    const found: unknown = headers.find(([name]) => name.toLowerCase() === 'authorization')?.[1]
    return typeof found === 'string' ? found : undefined
  }

  /** Only who needs it pays for it: client-node takes 50 MiB and more. */
  async #load(): Promise<KubeConfig> {
    const { KubeConfig } = await import('@kubernetes/client-node')
    const config = new KubeConfig()
    const cluster = { name: 'cluster', server: this.#cluster.server, skipTLSVerify: true }
    // Nothing is sent with it, so its TLS does not matter.
    config.loadFromClusterAndUser(cluster, { name: 'user', authProvider: this.#provider })
    return config
  }
}

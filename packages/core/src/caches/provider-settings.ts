import type { CacheMount } from '../executor/index.ts'

/** What a job says to the provider cache. */
export interface ProviderRequest {
  readonly jobId: string
  /** Text of the dependency lock file, where the configuration (or the plan) has one. */
  readonly lockFile: string | undefined
  /** Whether the executor mounts caches; without, only network mirrors can be used. */
  readonly canMount: boolean
}

/** What the provider cache adds to a workload; the fields are those of `PreparedCaches`. */
export interface PreparedProviders {
  readonly mounts: readonly CacheMount[]
  readonly cliConfig: string | undefined
  readonly secretEnv: Readonly<Record<string, string>>
  readonly notes: readonly string[]
}

/** A network mirror of providers, as `SCALR_AGENT_PROVIDER_NETWORK_MIRRORS` lists them. */
export interface ProviderNetworkMirror {
  /** HTTPS URL. */
  readonly url: string
  readonly token?: string | undefined
  /** `host/namespace/type`, each may be `*`. @default everything */
  readonly include?: readonly string[] | undefined
}

/** How providers are cached. */
export interface ProviderCacheSettings {
  /** Without the cache, network mirrors are used all the same. @default true */
  readonly enabled?: boolean | undefined
  /** Soft limit; what jobs use right now is never removed for it. @default 40 GiB */
  readonly sizeLimitBytes?: number | undefined
  /** Versions that no job used for that long are removed. @default 10 */
  readonly maxAgeDays?: number | undefined
  /** Downloads at once, over all jobs. @default 10 */
  readonly concurrency?: number | undefined
  /** Asked in this order, before a provider's own registry. */
  readonly networkMirrors?: readonly ProviderNetworkMirror[] | undefined
  /**
   * Registries that providers are fetched from. A lock file comes with a run, and a run must not make the
   * agent call hosts of its choice: the tool itself fetches what comes from others.
   *
   * @default registry.terraform.io and registry.opentofu.org
   */
  readonly registryHosts?: readonly string[] | undefined
}

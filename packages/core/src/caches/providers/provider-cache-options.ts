import type { ConnectionOptions } from '../../http/index.ts'
import type { Clock, Logger } from '../../runtime/index.ts'
import type { ProviderCacheSettings } from '../provider-settings.ts'

/** What a provider cache is made with. */
export interface ProviderCacheOptions {
  /** Absolute path, e.g. `<cacheDir>/providers`; seen by workloads at `caches/providers`. */
  readonly directory: string
  /** The agent's id among those that share the directory, the same after a restart. */
  readonly owner: string
  readonly settings: ProviderCacheSettings
  /** System of the workloads. @default that of this process, e.g. `linux_amd64` */
  readonly platform?: string | undefined
  readonly connection?: ConnectionOptions | undefined
  readonly clock: Clock
  readonly logger: Logger
  /** Makes room on a full disk, also in other caches. @default evicts what this cache can spare */
  readonly makeRoom?: (() => Promise<void>) | undefined
  /** How long a server may stay silent in the middle of a download. @default 30 s */
  readonly idleTimeoutMs?: number | undefined
  /** What is not here by then is left to the tool, and fetched on for the next job. @default 5 min */
  readonly prepareTimeoutMs?: number | undefined
}

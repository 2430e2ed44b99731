import type { ConnectionOptions } from '../http/index.ts'
import type { Clock, Logger } from '../runtime/index.ts'
import type { ToolName } from './job-caches.ts'
import type { ProviderCacheSettings } from './provider-settings.ts'

/** Tools whose sums are signed by their makers in OpenPGP. */
export type SignedToolName = Extract<ToolName, 'terraform' | 'tofu'>

/** How programs are cached. */
export interface BinaryCacheSettings {
  /** Soft limit; what jobs use right now is never removed for it. @default 5 GiB */
  readonly sizeLimitBytes?: number | undefined
  /** Versions that no job used for that long are removed. @default 10 */
  readonly maxAgeDays?: number | undefined
  /**
   * Where the releases lie, in the makers' own layout. HTTPS, or HTTP to this machine. User name and
   * password in a URL are sent to that host alone and appear in no message.
   *
   * @default https://releases.hashicorp.com and the projects' releases on GitHub
   */
  readonly baseUrls?: Readonly<Partial<Record<ToolName, string>>> | undefined
  /** Armored OpenPGP public keys. Where a tool has some, its sums must be signed by one of them. */
  readonly signingKeys?: Readonly<Partial<Record<SignedToolName, readonly string[]>>> | undefined
  /** How long a server may stay silent in the middle of a download. @default 60 s */
  readonly idleTimeoutMs?: number | undefined
}

/** The caches of an agent. */
export interface JobCachesOptions {
  /**
   * Absolute path. Agents may share it, on one machine or over a network file system. It must not be
   * mounted `noexec`.
   */
  readonly cacheDir: string
  /** Of the agent: keeps the id by which its pins are told from those of other agents. */
  readonly dataDir: string
  /** System of the workloads. @default that of this process, e.g. `linux_amd64` */
  readonly platform?: string | undefined
  readonly binaries?: BinaryCacheSettings | undefined
  /** `undefined`: no provider cache, and no network mirrors. */
  readonly providers?: ProviderCacheSettings | undefined
  /** CA and proxies of every download. */
  readonly connection?: ConnectionOptions | undefined
  readonly clock?: Clock | undefined
  readonly logger?: Logger | undefined
}

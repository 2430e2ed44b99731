import type { ProviderAddress, ProviderPackage } from './provider-address.ts'

/** A package that a source offers. */
export interface OfferedPackage {
  /** Any one of these must be that of the archive (`zh:`) or of its files (`h1:`). Empty: it gave none. */
  readonly hashes: readonly string[]
  /** Streams the archive to a file and returns its SHA-256 in hex. @throws CacheError */
  download(path: string, options: { readonly signal: AbortSignal }): Promise<string>
}

/** The largest real archives have under 300 MiB. */
export const maxArchiveBytes = 2 * 1024 ** 3

/** Where packages come from: a network mirror or the registry of a provider. */
export interface PackageSource {
  /** For messages. */
  readonly name: string
  /** Whether it is to be asked about that provider. */
  covers(provider: ProviderAddress): boolean
  /**
   * `undefined`: it does not have it, and the next source is asked.
   *
   * @throws CacheError when it cannot be asked, or does not sign as it must
   */
  find(
    provider: ProviderPackage,
    options: { readonly signal: AbortSignal },
  ): Promise<OfferedPackage | undefined>
}

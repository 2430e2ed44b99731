import type { Logger } from '../../runtime/index.ts'
import type { CacheLock } from '../cache-lock.ts'
import { withRoom } from '../with-room.ts'
import { DownloadLimit } from './download-limit.ts'
import type { PackageFetcher } from './package-fetcher.ts'
import type { PackageStore, StoredPackage } from './package-store.ts'
import { addressText, packageText, type LockedPackage } from './provider-address.ts'

/** Another agent of this machine fetches the same; past that its hang is not ours. */
const maxLockWaitMs = 10 * 60 * 1000

export interface ProviderLibraryOptions {
  readonly lock: CacheLock
  readonly store: PackageStore
  readonly fetcher: PackageFetcher
  /** Downloads at once. */
  readonly concurrency: number
  /** Evicts what no job uses. */
  readonly makeRoom: () => Promise<void>
  readonly logger: Logger
}

/** Whether a package was here or had to be fetched. */
export interface ObtainedPackage {
  readonly stored: StoredPackage
  readonly wasFetched: boolean
}

/**
 * Finds packages in the store and fetches what is missing: each once, however many jobs and agents of
 * this machine ask for it at the same time. What one job no longer waits for goes on for the others.
 */
export class ProviderLibrary {
  readonly #options: ProviderLibraryOptions
  readonly #limit: DownloadLimit
  readonly #closing = new AbortController()
  readonly #fetching = new Map<string, Promise<ObtainedPackage>>()

  constructor(options: ProviderLibraryOptions) {
    this.#options = options
    this.#limit = new DownloadLimit(options.concurrency)
  }

  /** What the store has, without a network. */
  find(locked: LockedPackage): Promise<StoredPackage | undefined> {
    return this.#options.store.find(locked, (entry) => {
      this.#options.logger.warn(
        { entry },
        `The cached provider ${packageText(locked)} is not what was verified; it is thrown away`,
      )
    })
  }

  /** Whether it could be fetched at all, as the agent is set up. */
  canFetch(locked: LockedPackage): boolean {
    return this.#options.fetcher.canFetch(locked)
  }

  /** @throws CacheError */
  async obtain(locked: LockedPackage): Promise<ObtainedPackage> {
    const key = JSON.stringify([addressText(locked), locked.version, ...locked.hashes.toSorted()])
    const running = this.#fetching.get(key)
    if (running !== undefined) return running
    const obtaining = this.#obtain(locked).finally(() => this.#fetching.delete(key))
    this.#fetching.set(key, obtaining)
    return obtaining
  }

  /** Ends all downloads. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('the provider cache was closed'))
    await Promise.allSettled(this.#fetching.values())
  }

  async #obtain(locked: LockedPackage): Promise<ObtainedPackage> {
    const { lock, fetcher, makeRoom } = this.#options
    const known = await this.find(locked)
    if (known !== undefined) return { stored: known, wasFetched: false }
    const { signal } = this.#closing
    const name = `${addressText(locked)} ${locked.version} ${locked.platform}`
    return lock.run(
      name,
      async () => {
        // Another agent, or a job with other hashes, may have brought it meanwhile.
        const brought = await this.find(locked)
        if (brought !== undefined) return { stored: brought, wasFetched: false }
        const fetch = (): Promise<StoredPackage> => fetcher.fetch(locked, signal)
        const stored = await this.#limit.run(() => withRoom(fetch, makeRoom))
        return { stored, wasFetched: true }
      },
      { signal, maxWaitMs: maxLockWaitMs },
    )
  }
}

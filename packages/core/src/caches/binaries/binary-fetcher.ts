import type { Dispatcher } from 'undici'

import { CacheError } from '../../errors/index.ts'
import type { Clock, Logger } from '../../runtime/index.ts'
import type { CacheLock } from '../cache-lock.ts'
import type { FileServer } from '../download/file-server.ts'
import type { BinaryCacheSettings } from '../job-caches-options.ts'
import type { ToolName } from '../job-caches.ts'
import type { Staging } from '../staging.ts'
import { binaryPath, type BinaryKey, type BinaryStore } from './binary-store.ts'
import { defaultReleaseLimits, fetchRelease, type ReleaseLimits } from './fetch-release.ts'
import { releaseServer } from './release-server.ts'

export interface FetchLimits extends ReleaseLimits {
  /** For all of a download, so that a trickle does not hold up its jobs for ever. */
  readonly downloadTimeoutMs: number
}

export interface BinaryFetcherOptions {
  readonly store: BinaryStore
  readonly staging: Staging
  readonly lock: CacheLock
  readonly settings: BinaryCacheSettings
  readonly limits?: Partial<FetchLimits> | undefined
  /** Of the caller, who closes it. */
  readonly dispatcher: Dispatcher
  readonly clock: Clock
  readonly logger: Logger
}

const defaultIdleTimeoutMs = 60_000
const defaultLimits: FetchLimits = {
  ...defaultReleaseLimits,
  downloadTimeoutMs: 15 * 60_000,
}

/** Brings programs into the store, one agent of this machine at a time for each. */
export class BinaryFetcher {
  readonly #options: BinaryFetcherOptions
  readonly #limits: FetchLimits
  readonly #servers = new Map<ToolName, FileServer>()

  constructor(options: BinaryFetcherOptions) {
    this.#options = options
    this.#limits = { ...defaultLimits, ...options.limits }
  }

  /**
   * Milliseconds that the download took, or `undefined` where another agent had brought it meanwhile.
   *
   * @throws {@link CacheError}
   */
  fetch(key: BinaryKey, { signal }: { readonly signal: AbortSignal }): Promise<number | undefined> {
    const { store, lock, logger } = this.#options
    const work = async (): Promise<number | undefined> => {
      const state = await store.look(key)
      if (state === 'good') return undefined
      if (state === 'damaged') {
        logger.warn({ ...key }, 'A program in the cache does not match its record: fetched anew')
      }
      return this.#fetchNow(key, signal)
    }
    return lock.run(binaryPath(key), work, { signal, maxWaitMs: this.#limits.downloadTimeoutMs })
  }

  async #fetchNow(key: BinaryKey, signal: AbortSignal): Promise<number> {
    const { store, staging, clock, logger } = this.#options
    const startedMs = clock.monotonicMs()
    const deadline = AbortSignal.timeout(this.#limits.downloadTimeoutMs)
    const server = this.#server(key.tool)
    try {
      await staging.use(async (directory) => {
        const { staged, record } = await fetchRelease({
          key,
          server,
          signingKeys: this.#signingKeys(key.tool),
          directory,
          limits: this.#limits,
          signal: AbortSignal.any([signal, deadline]),
        })
        await store.install(key, staged, record)
        logger.info({ ...key, ...record }, 'A program was added to the cache')
      })
    } catch (error) {
      if (!deadline.aborted || signal.aborted) throw error
      const item = `${key.tool} ${key.version}`
      throw new CacheError(
        `Cannot fetch ${item} from ${server.url('').href}: the download was not done after ${this.#limits.downloadTimeoutMs / 1000} s. Use a faster mirror, or put the program into PATH or the image.`,
        { item, code: 'UNREACHABLE', cause: error },
      )
    }
    return clock.monotonicMs() - startedMs
  }

  #server(tool: ToolName): FileServer {
    const { settings, dispatcher, clock } = this.#options
    const known = this.#servers.get(tool)
    if (known !== undefined) return known
    const server = releaseServer(tool, settings.baseUrls?.[tool], {
      dispatcher,
      clock,
      idleTimeoutMs: settings.idleTimeoutMs ?? defaultIdleTimeoutMs,
    })
    this.#servers.set(tool, server)
    return server
  }

  #signingKeys(tool: ToolName): readonly string[] {
    const keys = this.#options.settings.signingKeys
    return (tool === 'terraform' || tool === 'tofu' ? keys?.[tool] : undefined) ?? []
  }
}

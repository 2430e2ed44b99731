import { isAbsolute, join } from 'node:path'

import type { Dispatcher } from 'undici'

import { ConfigurationError } from '../errors/index.ts'
import type { OperationOptions } from '../executor/index.ts'
import { createDispatcher } from '../http/index.ts'
import { silentLogger, systemClock, type Clock, type Logger } from '../runtime/index.ts'
import { BinaryCache, checkBinarySettings } from './binaries/index.ts'
import { readCacheOwner } from './cache-owner.ts'
import { diskError } from './disk-error.ts'
import type { JobCachesOptions } from './job-caches-options.ts'
import type { JobCaches, PrepareCachesRequest, PreparedCaches } from './job-caches.ts'
import { ownPlatform } from './own-platform.ts'
import type { PreparedProviders } from './provider-settings.ts'
import { checkMirror, ProviderCache } from './providers/index.ts'

/**
 * The caches of an agent. Touches no disk and no network before the first call, which must come after
 * the agent has locked its data directory.
 *
 * @throws {@link ConfigurationError} for a path, URL, key or CA that cannot be used
 */
export function createJobCaches(options: JobCachesOptions): JobCaches {
  if (!isAbsolute(options.cacheDir)) {
    throw new ConfigurationError(
      `Cannot use the cache directory ${JSON.stringify(options.cacheDir)}: give an absolute path.`,
    )
  }
  const platform = options.platform ?? ownPlatform()
  if (!/^[a-z0-9]+_[a-z0-9]+$/u.test(platform)) {
    throw new ConfigurationError(
      `Cannot use the platform ${JSON.stringify(platform)} for caches: give system and processor, e.g. linux_amd64.`,
    )
  }
  checkBinarySettings(options.binaries ?? {})
  options.providers?.networkMirrors?.forEach(checkMirror)
  return new AgentJobCaches(options, platform)
}

interface Parts {
  readonly binaries: BinaryCache
  readonly providers: ProviderCache | undefined
}

const noProviders: PreparedProviders = {
  mounts: [],
  cliConfig: undefined,
  secretEnv: {},
  notes: [],
}

class AgentJobCaches implements JobCaches {
  readonly #options: JobCachesOptions
  readonly #platform: string
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #dispatcher: Dispatcher
  #parts: Promise<Parts> | undefined

  constructor(options: JobCachesOptions, platform: string) {
    this.#options = options
    this.#platform = platform
    this.#clock = options.clock ?? systemClock
    this.#logger = options.logger ?? silentLogger
    this.#dispatcher = createDispatcher(options.connection)
  }

  async prepare(request: PrepareCachesRequest, options: OperationOptions): Promise<PreparedCaches> {
    const { jobId, lockFile, canMount } = request
    const parts = await this.#open()
    // Both are waited for: what goes on after a failure could pin things of a job that was released.
    const [binaries, providers] = await Promise.allSettled([
      parts.binaries.prepare(request, options),
      parts.providers?.prepare({ jobId, lockFile, canMount }, options) ?? noProviders,
    ])
    options.signal?.throwIfAborted()
    if (binaries.status === 'rejected') throw binaries.reason
    const added = providers.status === 'fulfilled' ? providers.value : noProviders
    if (providers.status === 'rejected') this.#warn(providers.reason, 'prepare', jobId)
    return {
      tools: binaries.value.tools,
      mounts: [...binaries.value.mounts, ...added.mounts],
      cliConfig: added.cliConfig,
      secretEnv: added.secretEnv,
      notes: [...binaries.value.notes, ...added.notes],
    }
  }

  learn(lockFile: string): void {
    this.#open()
      .then(({ providers }) => providers?.learn(lockFile))
      .catch((error: unknown) => this.#warn(error, 'learn'))
  }

  async release(jobId: string): Promise<void> {
    await this.#onBoth('release', (part) => part.release(jobId), jobId)
  }

  async recover(jobIds: readonly string[]): Promise<void> {
    await this.#onBoth('recover', (part) => part.recover(jobIds))
  }

  async close(): Promise<void> {
    if (this.#parts !== undefined) await this.#onBoth('close', (part) => part.close())
    await this.#dispatcher.destroy()
  }

  /** A cache that cannot be tidied up stops no agent: a job that needs it will say what is wrong. */
  async #onBoth(
    step: string,
    work: (part: BinaryCache | ProviderCache) => Promise<void>,
    jobId?: string,
  ): Promise<void> {
    try {
      const { binaries, providers } = await this.#open()
      const parts = providers === undefined ? [binaries] : [binaries, providers]
      for (const end of await Promise.allSettled(parts.map(work))) {
        if (end.status === 'rejected') this.#warn(end.reason, step, jobId)
      }
    } catch (error) {
      this.#warn(error, step, jobId)
    }
  }

  #warn(err: unknown, step: string, jobId?: string): void {
    this.#logger.warn(
      { err, step, ...(jobId === undefined ? {} : { jobId }) },
      'A cache could not do its part',
    )
  }

  /** Again at the next call, where it failed. */
  #open(): Promise<Parts> {
    this.#parts ??= this.#make().catch((error: unknown) => {
      this.#parts = undefined
      throw error
    })
    return this.#parts
  }

  async #make(): Promise<Parts> {
    const { cacheDir, dataDir, binaries, providers, connection } = this.#options
    const owner = await readCacheOwner(dataDir).catch((error: unknown) => {
      throw diskError(error, { item: 'the name of this agent among others', path: dataDir })
    })
    const common = { owner, platform: this.#platform, clock: this.#clock, logger: this.#logger }
    // Both lie on one disk.
    const makeRoom = async (): Promise<void> => {
      await Promise.all([parts.binaries.makeRoom(), parts.providers?.makeRoom()])
    }
    const parts: Parts = {
      binaries: new BinaryCache({
        ...common,
        cacheDir,
        settings: binaries ?? {},
        dispatcher: this.#dispatcher,
        makeRoom,
      }),
      providers:
        providers &&
        new ProviderCache({
          ...common,
          directory: join(cacheDir, 'providers'),
          settings: providers,
          connection,
          makeRoom,
        }),
    }
    return parts
  }
}

import { join } from 'node:path'

import type { Dispatcher } from 'undici'

import { CacheError } from '../../errors/index.ts'
import type { CacheMount, OperationOptions } from '../../executor/index.ts'
import { SharedWork, type Clock, type Logger } from '../../runtime/index.ts'
import { CacheLock } from '../cache-lock.ts'
import { diskError } from '../disk-error.ts'
import { CacheEviction } from '../eviction/cache-eviction.ts'
import type { BinaryCacheSettings } from '../job-caches-options.ts'
import type { PrepareCachesRequest, ToolLocation, ToolName, ToolRequest } from '../job-caches.ts'
import { JobPins } from '../job-pins.ts'
import { withRoom } from '../with-room.ts'
import { Staging } from '../staging.ts'
import { compareVersions, isPreRelease } from '../version.ts'
import { BinaryFetcher, type FetchLimits } from './binary-fetcher.ts'
import { BinaryStore, binaryPath, type BinaryKey } from './binary-store.ts'
import { checkToolVersion } from './check-tool-version.ts'
import { InstalledTools } from './installed-tools.ts'

export interface BinaryCacheOptions {
  readonly cacheDir: string
  /** Of this agent, the same after a restart. */
  readonly owner: string
  readonly platform: string
  readonly settings: BinaryCacheSettings
  /** Of the caller, who closes it. */
  readonly dispatcher: Dispatcher
  readonly clock: Clock
  readonly logger: Logger
  readonly limits?: Partial<FetchLimits> | undefined
  /** Makes room on a full disk, also in other caches. @default evicts what this cache can spare */
  readonly makeRoom?: (() => Promise<void>) | undefined
}

/** What the binary cache adds to a workload. */
export interface PreparedBinaries {
  readonly tools: Readonly<Partial<Record<ToolName, ToolLocation>>>
  readonly mounts: readonly CacheMount[]
  readonly notes: readonly string[]
}

const defaultSizeLimitBytes = 5 * 1024 ** 3

type PrepareBinariesRequest = Pick<PrepareCachesRequest, 'jobId' | 'tools' | 'lookIn' | 'canMount'>

/**
 * Programs that jobs share: found in the image or in `PATH`, or fetched, verified, kept and evicted.
 *
 * Safe for any number of agents on one directory, also over a network file system: an entry comes and
 * goes whole by one rename, and a job pins what it uses before it looks whether it is there.
 */
export class BinaryCache {
  readonly #options: BinaryCacheOptions
  readonly #store: BinaryStore
  readonly #staging: Staging
  readonly #pins: JobPins
  readonly #lock: CacheLock
  readonly #installed: InstalledTools
  readonly #fetcher: BinaryFetcher
  readonly #eviction: CacheEviction
  readonly #fetches = new SharedWork<number | undefined>()

  constructor(options: BinaryCacheOptions) {
    const { cacheDir, owner, clock, logger, settings, limits } = options
    this.#options = options
    this.#staging = new Staging({ directory: join(cacheDir, 'staging', 'binaries'), owner, clock })
    this.#store = new BinaryStore({
      directory: join(cacheDir, 'binaries'),
      staging: this.#staging,
      clock,
    })
    this.#pins = new JobPins({ directory: join(cacheDir, 'pins', 'binaries'), owner, clock })
    this.#lock = new CacheLock({ cacheDir, clock })
    this.#installed = new InstalledTools({ logger })
    const parts = { store: this.#store, staging: this.#staging, lock: this.#lock, clock, logger }
    const { dispatcher } = options
    this.#fetcher = new BinaryFetcher({ ...parts, settings, limits, dispatcher })
    this.#eviction = new CacheEviction({
      ...parts,
      pins: this.#pins,
      sizeLimitBytes: settings.sizeLimitBytes ?? defaultSizeLimitBytes,
      maxAgeDays: settings.maxAgeDays,
      what: 'programs',
    })
  }

  /** @throws {@link CacheError} when a tool in that version is not to be had. */
  async prepare(
    request: PrepareBinariesRequest,
    options: OperationOptions,
  ): Promise<PreparedBinaries> {
    const tools: Partial<Record<ToolName, ToolLocation>> = {}
    const wanted: ToolRequest[] = []
    for (const tool of request.tools) {
      if (tool.version !== null) checkToolVersion(tool.name, tool.version)
      const location = await this.#withoutCache(tool, request)
      if (location === undefined) wanted.push(tool)
      else tools[tool.name] = location
    }
    if (wanted.length === 0) return { tools, mounts: [], notes: [] }
    const notes: string[] = []
    const keys = await Promise.all(wanted.map((tool) => this.#chooseKey(tool)))
    // A pin after the release of a cancelled job would never be given back.
    options.signal?.throwIfAborted()
    await this.#pin(request.jobId, keys)
    await Promise.all(
      keys.map(async (key) => {
        const tookMs = await this.#ensure(key, options.signal)
        if (tookMs !== undefined) {
          notes.push(`Downloaded ${key.tool} ${key.version} in ${(tookMs / 1000).toFixed(2)}s`)
        }
        const path = `caches/binaries/${binaryPath(key)}/${key.tool}`
        tools[key.tool] = { kind: 'cache', path, version: key.version }
      }),
    )
    if (notes.length > 0) void this.#eviction.run()
    return { tools, mounts: [{ name: 'binaries', source: this.#store.directory }], notes }
  }

  async release(jobId: string): Promise<void> {
    await this.#pins.release(jobId)
    await this.#eviction.run()
  }

  async recover(jobIds: readonly string[]): Promise<void> {
    await this.#pins.retain(jobIds)
    await this.#staging.clean()
    await this.#eviction.run()
  }

  /** Evicts all that no job uses. */
  makeRoom(): Promise<void> {
    return this.#eviction.runFully()
  }

  async close(): Promise<void> {
    const reason = new CacheError('Cannot fetch a program: the agent is stopping.', {
      item: 'binaries',
      code: 'UNREACHABLE',
    })
    await this.#fetches.close(reason)
    await this.#eviction.idle()
  }

  #makeRoom(): Promise<void> {
    return this.#options.makeRoom?.() ?? this.makeRoom()
  }

  async #withoutCache(
    tool: ToolRequest,
    { lookIn, canMount }: PrepareBinariesRequest,
  ): Promise<ToolLocation | undefined> {
    // Whatever is there, where nobody names a version: what an image holds only the job itself can see.
    if (lookIn === 'image' || (lookIn === 'nowhere' && tool.version === null)) {
      return { kind: 'lookup', version: tool.version }
    }
    if (lookIn !== 'nowhere') {
      const path = await this.#installed.find(tool, lookIn.path)
      if (path !== undefined) return { kind: 'path', path }
    }
    return canMount ? undefined : { kind: 'lookup', version: tool.version }
  }

  async #chooseKey({ name: tool, version }: ToolRequest): Promise<BinaryKey> {
    const { platform } = this.#options
    if (version !== null) return { tool, version, platform }
    const versions = (await this.#onDisk(tool, this.#store.keys()))
      .filter((key) => key.tool === tool && key.platform === platform)
      .map((key) => key.version)
      .toSorted(compareVersions)
    const newest = versions.findLast((it) => !isPreRelease(it)) ?? versions.at(-1)
    if (newest !== undefined) return { tool, version: newest, platform }
    throw new CacheError(
      `Cannot choose a version of ${tool}: the job names none, and neither PATH nor the cache has one. Set the version in the ${tool === 'opa' ? 'policy group' : 'workspace'}.`,
      { item: tool, code: 'NOT_FOUND' },
    )
  }

  /** Before anything is looked up, so that nothing can be evicted between the look and the job. */
  async #pin(jobId: string, keys: readonly BinaryKey[]): Promise<void> {
    const item = keys.map(({ tool, version }) => `${tool} ${version}`).join(', ')
    await this.#onDisk(
      item,
      this.#lock.run('pins', () => this.#pins.pin(jobId, keys.map(binaryPath))),
    )
  }

  /** Milliseconds that the download took, or `undefined` where there was none. */
  async #ensure(key: BinaryKey, signal: AbortSignal | undefined): Promise<number | undefined> {
    try {
      let tookMs: number | undefined
      if ((await this.#store.look(key)) !== 'good') {
        const work = (stop: AbortSignal): Promise<number | undefined> =>
          withRoom(
            () => this.#fetcher.fetch(key, { signal: stop }),
            () => this.#makeRoom(),
          )
        tookMs = await this.#fetches.run(binaryPath(key), work, { signal })
        if ((await this.#store.look(key)) !== 'good') throw this.#lost(key)
      }
      await this.#store.touch(key)
      return tookMs
    } catch (error) {
      signal?.throwIfAborted()
      throw diskError(error, {
        item: `${key.tool} ${key.version}`,
        path: this.#options.cacheDir,
      })
    }
  }

  #lost({ tool, version }: BinaryKey): CacheError {
    const item = `${tool} ${version}`
    return new CacheError(
      `Cannot keep ${item} in ${this.#options.cacheDir}: it was written, and does not come back as it was. Check that disk, and whether something else clears the directory.`,
      { item, code: 'CACHE_UNUSABLE' },
    )
  }

  #onDisk<T>(item: string, work: Promise<T>): Promise<T> {
    return work.catch((error: unknown) => {
      throw diskError(error, { item, path: this.#options.cacheDir })
    })
  }
}

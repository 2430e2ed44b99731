import type { OperationOptions } from '../../executor/index.ts'
import { ownPlatform } from '../own-platform.ts'
import type { PreparedProviders, ProviderRequest } from '../provider-settings.ts'
import { wireParts, type CacheParts } from './cache-parts.ts'
import { renderCliConfig, tokenVariable } from './cli-config.ts'
import { layOutJob, plugins, type JobLayout } from './lay-out-job.ts'
import { parseLockFile } from './lock-file.ts'
import { LockFileSyntaxError } from './lock-tokens.ts'
import { addressText, type LockedPackage } from './provider-address.ts'
import type { ProviderCacheOptions } from './provider-cache-options.ts'

const mountName = 'providers'

/**
 * The providers that jobs share. The agent alone writes: it fetches what lock files name, verifies it and
 * lays out for each job a read-only view of what that job may use. Bytes never come from a workload, so
 * that no run can plant something into another.
 */
export class ProviderCache {
  readonly #options: ProviderCacheOptions
  readonly #parts: CacheParts
  readonly #isEnabled: boolean
  readonly #background = new Set<Promise<void>>()

  /** @throws ConfigurationError for mirrors that the tools would refuse */
  constructor(options: ProviderCacheOptions) {
    this.#options = options
    this.#parts = wireParts(options)
    this.#isEnabled = options.settings.enabled ?? true
  }

  /** Pins what is in the cache of what the lock file names. Idempotent by job. */
  async prepare(request: ProviderRequest, options: OperationOptions): Promise<PreparedProviders> {
    const notes: string[] = []
    const { mirrors, origins } = this.#parts
    const [layout, unreachable] = await Promise.all([
      this.#layOut(request, notes, options.signal),
      mirrors.length === 0 ? [] : origins.unreachable(),
    ])
    if (layout !== undefined && layout.fetched > 0) void this.#parts.eviction.run()
    return {
      mounts: layout === undefined ? [] : [{ name: mountName, source: this.#options.directory }],
      cliConfig: renderCliConfig({
        filesystemMirrors: layout === undefined ? [] : filesystemMirrors(layout),
        networkMirrors: mirrors,
        unreachable,
      }),
      secretEnv: this.#tokens(),
      notes,
    }
  }

  /** Brings the providers of a lock file into the cache, in the background. Never throws. */
  learn(lockFile: string): void {
    if (!this.#isEnabled) return
    const work = this.#learn(lockFile)
      .catch((error: unknown) => this.#warn(error, 'Cannot cache the providers of a lock file'))
      .finally(() => this.#background.delete(work))
    this.#background.add(work)
  }

  /** The job has ended: what it used may be evicted. */
  async release(jobId: string): Promise<void> {
    if (!this.#isEnabled) return
    try {
      await this.#parts.views.remove(jobId)
      await this.#parts.pins.release(jobId)
      void this.#parts.eviction.run()
    } catch (error) {
      this.#warn(error, 'Cannot release the cached providers of a job')
    }
  }

  /** At start: drops the pins of jobs that are not among these, and what a crash has left. */
  async recover(jobIds: readonly string[]): Promise<void> {
    if (!this.#isEnabled) return
    try {
      await this.#parts.staging.clean()
      await this.#parts.views.retain(jobIds)
      await this.#parts.pins.retain(jobIds)
      void this.#parts.eviction.run()
    } catch (error) {
      this.#warn(error, 'Cannot clear the provider cache of what was left')
    }
  }

  /** Evicts all that no job uses. */
  makeRoom(): Promise<void> {
    return this.#parts.eviction.runFully()
  }

  /** Ends what runs in the background. */
  async close(): Promise<void> {
    await this.#parts.library.close()
    await Promise.allSettled(this.#background)
    await this.#parts.eviction.idle()
    await this.#parts.dispatcher.destroy()
  }

  async #layOut(
    request: ProviderRequest,
    notes: string[],
    signal: AbortSignal | undefined,
  ): Promise<JobLayout | undefined> {
    if (!this.#isEnabled || !request.canMount || request.lockFile === undefined) return undefined
    const { packages, problem } = this.#read(request.lockFile)
    if (problem !== undefined) notes.push(`The provider cache is not used: ${problem}.`)
    if (packages.length === 0) return undefined
    return layOutJob(request, packages, {
      cache: this.#options,
      parts: this.#parts,
      notes,
      signal,
    })
  }

  #read(lockFile: string): { readonly packages: readonly LockedPackage[]; problem?: string } {
    const platform = this.#options.platform ?? ownPlatform()
    try {
      return { packages: parseLockFile(lockFile).map((provider) => ({ ...provider, platform })) }
    } catch (error) {
      if (!(error instanceof LockFileSyntaxError)) throw error
      const problem = `the dependency lock file is not as \`init\` writes it, ${error.message}`
      return { packages: [], problem }
    }
  }

  async #learn(lockFile: string): Promise<void> {
    const { clock, logger } = this.#options
    const { library } = this.#parts
    const { packages, problem } = this.#read(lockFile)
    if (problem !== undefined) logger.warn({}, `Cannot cache providers: ${problem}`)
    const missing: LockedPackage[] = []
    for (const it of packages) if ((await library.find(it)) === undefined) missing.push(it)
    if (missing.length === 0) return
    const count = `${missing.length} locked plugin${missing.length === 1 ? '' : 's'}`
    logger.info({}, `Caching ${count} after changes to the HCL lockfile...`)
    const startedMs = clock.monotonicMs()
    const results = await Promise.allSettled(missing.map((it) => library.obtain(it)))
    for (const result of results) {
      if (result.status === 'rejected') this.#warn(result.reason, 'A provider was not cached')
    }
    const cached = results.filter(({ status }) => status === 'fulfilled').length
    const durationMs = Math.round(clock.monotonicMs() - startedMs)
    logger.info({ durationMs }, `Cached ${plugins(cached)} in ${(durationMs / 1000).toFixed(2)}s`)
    void this.#parts.eviction.run()
  }

  #tokens(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.#parts.mirrors.flatMap(({ url, token }, index) => {
        // Where the host has a port, the CLI configuration says it. Then it is here for the masker, under a
        // name that gives it to no other port of that host.
        const name = tokenVariable(url) ?? `SCALR_MIRROR_TOKEN_${index + 1}`
        return token === undefined ? [] : [[name, token]]
      }),
    )
  }

  #warn(error: unknown, message: string): void {
    this.#options.logger.warn({ err: error }, message)
  }
}

function filesystemMirrors(layout: JobLayout) {
  return (['unpacked', 'packed'] as const).map((kind) => ({
    path: `@job_dir@/caches/${mountName}/${layout.view}/${kind}`,
    include: layout.packages
      .filter(({ stored }) => stored.layout === kind)
      .map(({ provider }) => addressText(provider)),
  }))
}

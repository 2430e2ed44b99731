import { join } from 'node:path'

import type { Dispatcher } from 'undici'

import { CacheError } from '../../errors/index.ts'
import type { OperationOptions } from '../../executor/index.ts'
import { createDispatcher } from '../../http/index.ts'
import { JobPins } from '../job-pins.ts'
import type { PreparedProviders, ProviderRequest, ProviderSource } from '../provider-source.ts'
import { checkCacheDirectory } from './cache-directory.ts'
import { renderCliConfig, tokenVariable } from './cli-config.ts'
import { evictPackages } from './evict-packages.ts'
import { JobViews, type ViewedPackage } from './job-view.ts'
import { parseLockFile } from './lock-file.ts'
import { LockFileSyntaxError } from './lock-tokens.ts'
import { checkMirror, MirrorSource, type CheckedMirror } from './mirror-source.ts'
import { PackageFetcher } from './package-fetcher.ts'
import { PackageStore } from './package-store.ts'
import { addressText, publicHosts, type LockedPackage } from './provider-address.ts'
import { ownPlatform, type ProviderCacheOptions } from './provider-cache-options.ts'
import { ProviderLibrary, type ObtainedPackage } from './provider-library.ts'
import { RegistrySource } from './registry-source.ts'
import { Staging } from './staging.ts'

const mountName = 'providers'
const dayMs = 24 * 3600 * 1000

/**
 * The providers that jobs share. The agent alone writes: it fetches what lock files name, verifies it and
 * lays out for each job a read-only view of what that job may use. Bytes never come from a workload, so
 * that no run can plant something into another.
 */
export class ProviderCache implements ProviderSource {
  readonly #options: ProviderCacheOptions
  readonly #mirrors: readonly CheckedMirror[]
  readonly #dispatcher: Dispatcher
  readonly #staging: Staging
  readonly #store: PackageStore
  readonly #pins: JobPins
  readonly #views: JobViews
  readonly #library: ProviderLibrary
  readonly #background = new Set<Promise<void>>()
  #unusable: Promise<string | undefined> | undefined
  #eviction: Promise<void> | undefined

  /** @throws ConfigurationError for mirrors that the tools would refuse */
  constructor(options: ProviderCacheOptions) {
    const { directory: root, owner, settings, clock, logger } = options
    this.#options = options
    this.#mirrors = (settings.networkMirrors ?? []).map(checkMirror)
    this.#dispatcher = createDispatcher(options.connection)
    this.#staging = new Staging(join(root, 'staging'), clock)
    this.#store = new PackageStore(root, this.#staging, clock)
    this.#pins = new JobPins({ directory: join(root, 'pins'), owner, clock })
    this.#views = new JobViews(root, owner, this.#staging)
    const idleTimeoutMs = options.idleTimeoutMs ?? 30_000
    const http = { dispatcher: this.#dispatcher, clock, idleTimeoutMs }
    const sources = [
      ...this.#mirrors.map((mirror) => new MirrorSource(mirror, http)),
      ...[...(settings.registryHosts ?? publicHosts)].map((host) => new RegistrySource(host, http)),
    ]
    const fetcher = new PackageFetcher({ sources, store: this.#store, staging: this.#staging })
    const concurrency = settings.concurrency ?? 10
    this.#library = new ProviderLibrary({
      root,
      store: this.#store,
      fetcher,
      concurrency,
      clock,
      logger,
    })
  }

  async prepare(request: ProviderRequest, options: OperationOptions): Promise<PreparedProviders> {
    const notes: string[] = []
    const packages = await this.#cachedFor(request, notes, options.signal)
    let view: string | undefined
    if (packages.length > 0) {
      try {
        view = await this.#views.make(request.jobId, packages)
      } catch (error) {
        this.#warn(error, 'Cannot lay out the cached providers of a job')
        notes.push('The provider cache cannot be written: it is not used.')
      }
    }
    const path = `@job_dir@/caches/${mountName}/${view ?? ''}`
    const included = (layout: string): readonly string[] =>
      view === undefined
        ? []
        : packages
            .filter(({ stored }) => stored.layout === layout)
            .map(({ provider }) => addressText(provider))
    return {
      mounts: view === undefined ? [] : [{ name: mountName, source: this.#options.directory }],
      cliConfig: renderCliConfig({
        filesystemMirrors: ['unpacked', 'packed'].map((layout) => ({
          path: `${path}/${layout}`,
          include: included(layout),
        })),
        networkMirrors: this.#mirrors,
      }),
      secretEnv: this.#tokens(),
      notes,
    }
  }

  learn(lockFile: string): void {
    if (this.#options.settings.enabled === false) return
    const work = this.#learn(lockFile)
      .catch((error: unknown) => this.#warn(error, 'Cannot cache the providers of a lock file'))
      .finally(() => this.#background.delete(work))
    this.#background.add(work)
  }

  async release(jobId: string): Promise<void> {
    if (this.#options.settings.enabled === false) return
    try {
      await this.#views.remove(jobId)
      await this.#pins.release(jobId)
      this.#evictSoon()
    } catch (error) {
      this.#warn(error, 'Cannot release the cached providers of a job')
    }
  }

  async recover(jobIds: readonly string[]): Promise<void> {
    if (this.#options.settings.enabled === false) return
    try {
      await this.#staging.clearLeftovers()
      await this.#views.retain(jobIds)
      await this.#pins.retain(jobIds)
      this.#evictSoon()
    } catch (error) {
      this.#warn(error, 'Cannot clear the provider cache of what was left')
    }
  }

  async close(): Promise<void> {
    await this.#library.close()
    await Promise.allSettled([...this.#background, this.#eviction])
    await this.#dispatcher.destroy()
  }

  /** What the job may use of the cache, fetched and pinned. Whatever goes wrong is a note. */
  async #cachedFor(
    request: ProviderRequest,
    notes: string[],
    signal: AbortSignal | undefined,
  ): Promise<readonly ViewedPackage[]> {
    const { settings, clock } = this.#options
    if (settings.enabled === false || !request.canMount) return []
    const locked = this.#read(request.lockFile, notes)
    if (locked.length === 0) return []
    this.#unusable ??= checkCacheDirectory(this.#options.directory, this.#staging)
    const problem = await this.#unusable
    if (problem !== undefined) {
      // It may be mended while the agent runs.
      this.#unusable = undefined
      notes.push(`The provider cache is not used: ${problem}.`)
      return []
    }
    const startedMs = clock.monotonicMs()
    const deadline = new AbortController()
    const waiting = clock
      .sleep(this.#options.prepareTimeoutMs ?? 300_000, { signal: deadline.signal })
      .catch(() => {})
    const obtained = await Promise.all(
      locked.map((it) => this.#obtainOrNote(it, waiting, notes, signal)),
    ).finally(() => deadline.abort())
    const found = obtained.filter((it) => it !== undefined)
    const fetched = found.filter((it) => it.wasFetched).length
    const usable = await this.#pinned(request.jobId, found, notes)
    if (fetched > 0) {
      const seconds = ((clock.monotonicMs() - startedMs) / 1000).toFixed(2)
      notes.push(`Cached ${plugins(fetched)} in ${seconds}s`)
      this.#evictSoon()
    }
    const missing = locked.length - usable.length
    const rest = missing === 0 ? '' : `, ${missing} to be downloaded`
    notes.push(`${plugins(locked.length)} locked (${usable.length} used from cache${rest})`)
    return usable
  }

  async #obtainOrNote(
    locked: LockedPackage,
    waiting: Promise<void>,
    notes: string[],
    signal: AbortSignal | undefined,
  ): Promise<(ObtainedPackage & { readonly provider: LockedPackage }) | undefined> {
    const obtaining = this.#library.obtain(locked)
    obtaining.catch(() => {})
    try {
      const obtained = await raceAbort(Promise.race([obtaining, waiting]), signal)
      if (obtained !== undefined) return { ...obtained, provider: locked }
      notes.push(`${addressText(locked)} is still being cached: the tool downloads it itself.`)
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof CacheError) {
        // That a registry may not be called is how the agent is set up, and nothing new to each run.
        if (error.code !== 'REFUSED') notes.push(error.message)
      } else this.#warn(error, 'Cannot bring a provider into the cache')
    }
    return undefined
  }

  /** Pins first and looks then, so that an eviction cannot come between. */
  async #pinned(
    jobId: string,
    found: readonly (ObtainedPackage & { readonly provider: LockedPackage })[],
    notes: string[],
  ): Promise<readonly ViewedPackage[]> {
    try {
      await this.#pins.pin(
        jobId,
        found.map(({ stored }) => stored.entry),
      )
    } catch (error) {
      this.#warn(error, 'Cannot pin the cached providers of a job')
      notes.push('The provider cache cannot be written: it is not used.')
      return []
    }
    const usable: ViewedPackage[] = []
    for (const { stored, provider } of found) {
      if (!(await this.#store.has(stored))) continue
      await this.#store.touch(stored.entry)
      usable.push({ stored, provider })
    }
    return usable
  }

  #read(lockFile: string | undefined, notes: string[]): readonly LockedPackage[] {
    if (lockFile === undefined) return []
    const platform = this.#options.platform ?? ownPlatform()
    try {
      return parseLockFile(lockFile).map((provider) => ({ ...provider, platform }))
    } catch (error) {
      if (!(error instanceof LockFileSyntaxError)) throw error
      notes.push(
        `The provider cache is not used: the dependency lock file cannot be read, ${error.message}.`,
      )
      return []
    }
  }

  async #learn(lockFile: string): Promise<void> {
    const { clock, logger } = this.#options
    const notes: string[] = []
    const locked = this.#read(lockFile, notes)
    for (const note of notes) logger.warn({}, note)
    const missing: LockedPackage[] = []
    for (const it of locked) {
      if ((await this.#library.find(it)) === undefined) missing.push(it)
    }
    if (missing.length === 0) return
    logger.info(
      {},
      `Caching ${plugins(missing.length, 'locked ')} after changes to the HCL lockfile...`,
    )
    const startedMs = clock.monotonicMs()
    const results = await Promise.allSettled(missing.map((it) => this.#library.obtain(it)))
    for (const result of results) {
      if (result.status === 'rejected') this.#warn(result.reason, 'A provider was not cached')
    }
    const cached = results.filter(({ status }) => status === 'fulfilled').length
    const durationMs = Math.round(clock.monotonicMs() - startedMs)
    logger.info({ durationMs }, `Cached ${plugins(cached)} in ${(durationMs / 1000).toFixed(2)}s`)
    this.#evictSoon()
  }

  /** One eviction at a time; one that is asked for meanwhile is done by the next occasion. */
  #evictSoon(): void {
    const { directory: root, settings, clock, logger } = this.#options
    this.#eviction ??= evictPackages({
      root,
      clock,
      store: this.#store,
      pins: this.#pins,
      staging: this.#staging,
      sizeLimitBytes: settings.sizeLimitBytes ?? 2560 * 1024 ** 2,
      maxAgeMs: (settings.maxAgeDays ?? 10) * dayMs,
    })
      .then((entries) => {
        if (entries.length > 0) logger.info({ entries }, 'Removed providers from the cache')
      })
      .catch((error: unknown) => this.#warn(error, 'Cannot remove providers from the cache'))
      .finally(() => {
        this.#eviction = undefined
      })
  }

  #tokens(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.#mirrors.flatMap(({ url, token }) => {
        // With a port the CLI configuration has it; here it is for the masker.
        const name = tokenVariable(url) ?? tokenVariable(new URL(`https://${url.hostname}`))
        return token === undefined || name === undefined ? [] : [[name, token]]
      }),
    )
  }

  #warn(error: unknown, message: string): void {
    this.#options.logger.warn(
      { error: error instanceof Error ? error.message : String(error) },
      message,
    )
  }
}

function plugins(count: number, kind = ''): string {
  return `${count} ${kind}plugin${count === 1 ? '' : 's'}`
}

async function raceAbort<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

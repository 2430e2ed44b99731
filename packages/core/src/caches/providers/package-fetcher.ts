import { rename } from 'node:fs/promises'
import { join } from 'node:path'

import { CacheError, ScalrAgentError } from '../../errors/index.ts'
import { unpackAll } from '../archive/unpack-all.ts'
import { diskError } from '../disk-error.ts'
import { makeDirectory } from '../make-directory.ts'
import type { Staging } from '../staging.ts'
import { h1Of } from './package-hash.ts'
import { contentName, type PackageLayout } from './package-manifest.ts'
import type { OfferedPackage, PackageSource } from './package-source.ts'
import type { PackageStore, StoredPackage } from './package-store.ts'
import { packageText, type LockedPackage } from './provider-address.ts'

export interface PackageFetcherOptions {
  /** Asked in this order. */
  readonly sources: readonly PackageSource[]
  readonly store: PackageStore
  readonly staging: Staging
  /** Of the cache, for messages. */
  readonly directory: string
}

/**
 * Brings one locked package into the store: from the first source that has it and whose archive is what
 * both that source and the lock file say. Nothing is visible before it was verified.
 */
export class PackageFetcher {
  readonly #options: PackageFetcherOptions

  constructor(options: PackageFetcherOptions) {
    this.#options = options
  }

  /** Whether any source may be asked for it: how the agent is set up, and nothing that a run could mend. */
  canFetch(locked: LockedPackage): boolean {
    return locked.hashes.length > 0 && this.#sources(locked).length > 0
  }

  /** @throws {@link CacheError} with one line about each source that could not give it */
  async fetch(locked: LockedPackage, signal: AbortSignal): Promise<StoredPackage> {
    if (locked.hashes.length === 0) {
      throw refused(locked, 'the lock file has no hash of it')
    }
    const sources = this.#sources(locked)
    if (sources.length === 0) throw refused(locked, 'its registry is none that the agent may call')
    const problems: unknown[] = []
    for (const source of sources) {
      try {
        const offered = await source.find(locked, { signal })
        if (offered === undefined) continue
        return await this.#options.staging.use((directory) =>
          this.#bring({ locked, source, offered, directory, signal }),
        )
      } catch (error) {
        signal.throwIfAborted()
        const item = packageText(locked)
        const problem = diskError(error, { item, path: this.#options.directory })
        // Of our own disk: another source would not help.
        if (!ScalrAgentError.isInstance(problem) || problem.code === 'CACHE_UNUSABLE') throw problem
        problems.push(problem)
      }
    }
    throw failed(locked, sources, problems)
  }

  #sources(locked: LockedPackage): readonly PackageSource[] {
    return this.#options.sources.filter((source) => source.covers(locked))
  }

  async #bring(task: BringTask): Promise<StoredPackage> {
    const { locked, source, offered, directory, signal } = task
    const archive = join(directory, contentName('packed'))
    const zh = `zh:${await offered.download(archive, { signal })}`
    const refuse = (why: string): CacheError => corrupt(locked, source, why)
    const canMatch = (hash: string): boolean => hash === zh || hash.startsWith('h1:')
    // Not unpacked in vain, and above all nothing is unpacked that nobody vouches for.
    if (offered.hashes.length > 0 && !offered.hashes.some(canMatch)) {
      throw refuse('its archive is not the one that the source announced')
    }
    if (!locked.hashes.some(canMatch)) {
      throw refuse('its archive is not one that the lock file allows for this platform')
    }
    const files = join(directory, 'files')
    await makeDirectory(files)
    const item = packageText(locked)
    const h1 = h1Of(
      await unpackAll({ archive, directory: files, item, source: source.name, signal }),
    )
    const isOneOf = (hashes: readonly string[]): boolean =>
      hashes.includes(zh) || hashes.includes(h1)
    if (offered.hashes.length > 0 && !isOneOf(offered.hashes)) {
      throw refuse('its archive is not the one that the source announced')
    }
    if (!isOneOf(locked.hashes)) {
      throw refuse('its archive is not one that the lock file allows for this platform')
    }
    // A tool can check a directory against h1 alone.
    const layout: PackageLayout = locked.hashes.includes(h1) ? 'unpacked' : 'packed'
    const entry = join(directory, 'entry')
    await makeDirectory(entry)
    await rename(layout === 'unpacked' ? files : archive, join(entry, contentName(layout)))
    signal.throwIfAborted()
    return this.#options.store.add(entry, locked, { layout, h1, zh, source: source.name })
  }
}

interface BringTask {
  readonly locked: LockedPackage
  readonly source: PackageSource
  readonly offered: OfferedPackage
  /** Gone afterwards. */
  readonly directory: string
  readonly signal: AbortSignal
}

function corrupt(locked: LockedPackage, source: PackageSource, why: string): CacheError {
  return new CacheError(
    `Cannot cache ${packageText(locked)} from ${source.name}: ${why}. Nothing of it is used.`,
    { item: packageText(locked), code: 'CORRUPT' },
  )
}

function failed(
  locked: LockedPackage,
  sources: readonly PackageSource[],
  problems: readonly unknown[],
): CacheError {
  const item = packageText(locked)
  const [first] = problems
  if (first instanceof CacheError && problems.length === 1) return first
  if (first instanceof Error) {
    const message = problems.map((it) => (it instanceof Error ? it.message : String(it))).join(' ')
    return new CacheError(message, { item, code: 'UNREACHABLE', cause: first })
  }
  const asked = sources.map(({ name }) => name).join(', ')
  return new CacheError(`Cannot cache ${item} for ${locked.platform}: it is not in ${asked}.`, {
    item,
    code: 'NOT_FOUND',
  })
}

function refused(locked: LockedPackage, why: string): CacheError {
  const item = packageText(locked)
  return new CacheError(`Cannot cache ${item}: ${why}.`, { item, code: 'REFUSED' })
}

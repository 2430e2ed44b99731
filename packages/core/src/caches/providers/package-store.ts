import { readdir, rename, rmdir, stat, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { syncDirectory, type Clock } from '../../runtime/index.ts'
import { errorCode, orMissing } from '../or-missing.ts'
import { makeDirectory } from './make-directory.ts'
import {
  contentName,
  holdsWhatWasVerified,
  looksUntouched,
  readManifest,
  writeManifest,
  type PackageLayout,
  type PackageManifest,
} from './package-manifest.ts'
import type { LockedPackage, ProviderPackage } from './provider-address.ts'
import type { Staging } from '../staging.ts'

/** A package in the cache. */
export interface StoredPackage {
  /** Relative to the root of the cache; what jobs pin. */
  readonly entry: string
  readonly layout: PackageLayout
  /** What a job uses, relative to the root of the cache: a directory or an archive. */
  readonly content: string
}

/** An entry as the eviction sees it. */
export interface StoredEntry {
  readonly entry: string
  readonly bytes: number
  readonly usedAtMs: number
}

/** All of an entry's content is read again that often, since not every fault of a disk changes times. */
const fullCheckEveryMs = 24 * 3600 * 1000

/**
 * The packages themselves: `store/<host>/<namespace>/<type>/<version>/<platform>/<layout>-<hash>`. An
 * entry comes with one rename when everything in it was verified, is never changed, and is named after
 * its hash: two archives of one version do not get in each other's way.
 */
export class PackageStore {
  readonly #root: string
  readonly #staging: Staging
  readonly #clock: Clock

  constructor(root: string, staging: Staging, clock: Clock) {
    this.#root = root
    this.#staging = staging
    this.#clock = clock
  }

  /**
   * The entry that the tool will accept for this lock, if it is here and sound. A broken one is moved
   * away; `onBroken` hears of it.
   */
  async find(
    locked: LockedPackage,
    onBroken: (entry: string) => void,
  ): Promise<StoredPackage | undefined> {
    for (const layout of ['unpacked', 'packed'] as const) {
      const scheme = layout === 'unpacked' ? 'h1:' : 'zh:'
      for (const hash of locked.hashes) {
        if (!hash.startsWith(scheme)) continue
        const entry = entryPath(locked, layout, hash)
        const state = await this.#check(entry, hash)
        if (state === 'sound') return { entry, layout, content: join(entry, contentName(layout)) }
        if (state === 'broken') {
          onBroken(entry)
          await this.discard(entry)
        }
      }
    }
    return undefined
  }

  /** Whether an entry is still there; it may have been evicted by another agent. */
  async has(stored: StoredPackage): Promise<boolean> {
    return (await stat(join(this.#root, stored.content)).catch(() => undefined)) !== undefined
  }

  /**
   * Makes a staged entry visible. Another agent may have been faster with the same content, which is as
   * good.
   */
  async add(
    staged: string,
    provider: ProviderPackage,
    known: {
      readonly layout: PackageLayout
      readonly h1: string
      readonly zh: string
      source: string
    },
  ): Promise<StoredPackage> {
    await writeManifest(staged, { ...known, verifiedAt: this.#clock.now().toISOString() })
    const { layout } = known
    const entry = entryPath(provider, layout, layout === 'unpacked' ? known.h1 : known.zh)
    const target = join(this.#root, entry)
    await moveInto(staged, target)
    return { entry, layout, content: join(entry, contentName(layout)) }
  }

  /** Takes an entry out of sight at once, and then away. Missing is as good as gone. */
  discard(entry: string): Promise<void> {
    return this.#staging.use(async (directory) => {
      await orMissing(rename(join(this.#root, entry), join(directory, 'entry')))
    })
  }

  /**
   * The same, unless `isWanted` says meanwhile that it must stay; tells whether it went.
   */
  async discardUnless(entry: string, isWanted: () => Promise<boolean>): Promise<boolean> {
    const path = join(this.#root, entry)
    const isGone = await this.#staging.use(async (directory) => {
      const hidden = join(directory, 'entry')
      await rename(path, hidden)
      if (!(await isWanted())) return true
      await moveInto(hidden, path)
      return false
    })
    if (isGone) await this.#tidyAbove(entry)
    return isGone
  }

  /** Notes that a job uses an entry, for the eviction. */
  async touch(entry: string): Promise<void> {
    const now = this.#clock.now()
    // An entry that has gone meanwhile needs no note.
    await utimes(join(this.#root, entry), now, now).catch(() => {})
  }

  /** Every entry, with its size and when a job last used it. */
  async entries(): Promise<readonly StoredEntry[]> {
    const found: StoredEntry[] = []
    for (const entry of await this.#entryPaths('store', 6)) {
      const [manifest, facts] = await Promise.all([
        readManifest(join(this.#root, entry)),
        stat(join(this.#root, entry)).catch(() => undefined),
      ])
      if (facts === undefined) continue
      found.push({ entry, bytes: manifest?.bytes ?? 0, usedAtMs: facts.mtimeMs })
    }
    return found
  }

  /** Directories above an entry that hold nothing more go too. */
  async #tidyAbove(entry: string): Promise<void> {
    let directory = dirname(entry)
    while (directory !== 'store' && directory !== '.') {
      const isEmpty = await rmdir(join(this.#root, directory)).then(
        () => true,
        () => false,
      )
      if (!isEmpty) return
      directory = dirname(directory)
    }
  }

  async #entryPaths(directory: string, depth: number): Promise<readonly string[]> {
    const children = await readdir(join(this.#root, directory), { withFileTypes: true }).catch(
      () => [],
    )
    const paths = children.filter((it) => it.isDirectory()).map((it) => join(directory, it.name))
    if (depth === 1) return paths
    const nested = await Promise.all(paths.map((path) => this.#entryPaths(path, depth - 1)))
    return nested.flat()
  }

  async #check(entry: string, hash: string): Promise<'sound' | 'broken' | 'missing'> {
    const path = join(this.#root, entry)
    if ((await stat(path).catch(() => undefined)) === undefined) return 'missing'
    const manifest = await readManifest(path)
    if (manifest === undefined || hashOf(manifest) !== hash) return 'broken'
    const now = this.#clock.now()
    const ageMs = now.getTime() - Date.parse(manifest.verifiedAt)
    if (ageMs < fullCheckEveryMs && (await looksUntouched(path, manifest))) return 'sound'
    if (!(await holdsWhatWasVerified(path, manifest))) return 'broken'
    // A cache that is read-only here can be used all the same.
    await writeManifest(path, { ...manifest, verifiedAt: now.toISOString() }).catch(() => {})
    return 'sound'
  }
}

/** Not an error when the target is there already. */
async function moveInto(staged: string, target: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    await makeDirectory(dirname(target))
    try {
      await rename(staged, target)
      await syncDirectory(dirname(target))
      return
    } catch (error) {
      const code = errorCode(error)
      if (code === 'EEXIST' || code === 'ENOTEMPTY') return
      // An eviction has just tidied the empty directory away.
      if (code !== 'ENOENT' || attempt >= 5) throw error
    }
  }
}

function hashOf(manifest: PackageManifest): string {
  return manifest.layout === 'unpacked' ? manifest.h1 : manifest.zh
}

function entryPath(provider: ProviderPackage, layout: PackageLayout, hash: string): string {
  const { host, namespace, type, version, platform } = provider
  const [, value = ''] = hash.split(/:(.*)/su)
  const hex = layout === 'unpacked' ? Buffer.from(value, 'base64').toString('hex') : value
  const name = `${layout}-${hex.replaceAll(/[^0-9a-f]/gu, '').slice(0, 40)}`
  return join('store', host, namespace, type, version, platform, name)
}

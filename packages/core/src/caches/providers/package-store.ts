import { stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'

import type { Clock } from '../../runtime/index.ts'
import { EntryDirectory } from '../entry-directory.ts'
import type { EvictableStore } from '../eviction/cache-eviction.ts'
import type { StoredEntry } from '../eviction/choose-evictions.ts'
import type { Staging } from '../staging.ts'
import {
  contentName,
  holdsWhatWasVerified,
  identityOf,
  readManifest,
  writeManifest,
  type PackageLayout,
  type PackageManifest,
} from './package-manifest.ts'
import type { LockedPackage, ProviderPackage } from './provider-address.ts'

/** A package in the cache. */
export interface StoredPackage {
  /** Relative to the root of the cache; what jobs pin. */
  readonly entry: string
  readonly layout: PackageLayout
  /** What a job uses, relative to the root of the cache: a directory or an archive. */
  readonly content: string
}

/** All of an entry's content is read again that often, since not every fault of a disk changes times. */
const fullCheckEveryMs = 24 * 3600 * 1000

/**
 * The packages themselves: `store/<host>/<namespace>/<type>/<version>/<platform>/<layout>-<hash>`. An
 * entry comes with one rename when everything in it was verified, is never changed, and is named after
 * its hash: two archives of one version do not get in each other's way.
 */
export class PackageStore implements EvictableStore {
  readonly #root: string
  readonly #entries: EntryDirectory
  readonly #clock: Clock
  /** Entries whose content this agent has read: when, and what changes with their files. */
  readonly #verified = new Map<string, { readonly atMs: number; readonly identity: string }>()

  constructor(root: string, staging: Staging, clock: Clock) {
    this.#root = root
    this.#entries = new EntryDirectory(root, staging)
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
    const identity = await identityOf(staged, layout)
    if (await this.#entries.add(staged, entry)) this.#remember(entry, identity)
    return { entry, layout, content: join(entry, contentName(layout)) }
  }

  discard(
    entry: string,
    options: { readonly unless?: () => Promise<boolean> } = {},
  ): Promise<boolean> {
    return this.#entries.discard(entry, options)
  }

  /** Notes that a job uses an entry, for the eviction. */
  async touch(entry: string): Promise<void> {
    const now = this.#clock.now()
    // An entry that has gone meanwhile needs no note.
    await utimes(join(this.#root, entry), now, now).catch(() => {})
  }

  /** Every entry, with its size and when a job last used it. */
  async list(): Promise<readonly StoredEntry[]> {
    const found: StoredEntry[] = []
    for (const entry of await this.#entries.list(6, 'store')) {
      const [manifest, facts] = await Promise.all([
        readManifest(join(this.#root, entry)),
        stat(join(this.#root, entry)).catch(() => undefined),
      ])
      if (facts === undefined) continue
      found.push({ entry, bytes: manifest?.bytes ?? 0, lastUsedMs: facts.mtimeMs })
    }
    return found
  }

  async #check(entry: string, hash: string): Promise<'sound' | 'broken' | 'missing'> {
    const path = join(this.#root, entry)
    if ((await stat(path).catch(() => undefined)) === undefined) return 'missing'
    const manifest = await readManifest(path)
    if (manifest === undefined || hashOf(manifest) !== hash) return 'broken'
    const identity = await identityOf(path, manifest.layout)
    const known = this.#verified.get(entry)
    const ageMs = this.#clock.now().getTime() - (known?.atMs ?? 0)
    if (known?.identity === identity && ageMs < fullCheckEveryMs) return 'sound'
    this.#verified.delete(entry)
    if (!(await holdsWhatWasVerified(path, manifest))) return 'broken'
    this.#remember(entry, identity)
    return 'sound'
  }

  #remember(entry: string, identity: string): void {
    this.#verified.set(entry, { atMs: this.#clock.now().getTime(), identity })
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

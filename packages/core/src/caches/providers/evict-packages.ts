import { mkdir, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import type { Clock } from '../../runtime/index.ts'
import type { JobPins } from '../job-pins.ts'
import type { PackageStore, StoredEntry } from './package-store.ts'
import type { Staging } from './staging.ts'

export interface EvictionOptions {
  readonly root: string
  readonly store: PackageStore
  readonly pins: JobPins
  readonly staging: Staging
  readonly clock: Clock
  readonly sizeLimitBytes: number
  readonly maxAgeMs: number
}

/**
 * Removes what no job used for too long, and then the least recently used until the rest fits. What a
 * job has pinned stays, even over the limit.
 *
 * @returns the entries that went
 */
export async function evictPackages(options: EvictionOptions): Promise<readonly string[]> {
  const { store, pins } = options
  const pinned = await pins.entries()
  const entries = await store.entries()
  const gone: string[] = []
  for (const { entry } of victims(entries, pinned, options)) {
    if (await evict(entry, options)) gone.push(entry)
  }
  return gone
}

function victims(
  entries: readonly StoredEntry[],
  pinned: ReadonlySet<string>,
  { clock, maxAgeMs, sizeLimitBytes }: EvictionOptions,
): readonly StoredEntry[] {
  const oldestMs = clock.now().getTime() - maxAgeMs
  let bytes = entries.reduce((sum, entry) => sum + entry.bytes, 0)
  const free = entries
    .filter(({ entry }) => !pinned.has(entry))
    .toSorted((a, b) => a.usedAtMs - b.usedAtMs)
  return free.filter((entry) => {
    if (entry.usedAtMs >= oldestMs && bytes <= sizeLimitBytes) return false
    bytes -= entry.bytes
    return true
  })
}

/**
 * A job pins first and then looks whether the entry is there; here the entry goes first and then the pins
 * are read again. So one of the two sees the other, also from another machine.
 */
async function evict(
  entry: string,
  { root, store, pins, staging }: EvictionOptions,
): Promise<boolean> {
  const path = join(root, entry)
  const hidden = await staging.hide(path)
  if (hidden === undefined) return false
  if ((await pins.entries()).has(entry)) {
    await mkdir(dirname(path), { recursive: true, mode: 0o755 })
    const isBack = await rename(hidden, path).then(
      () => true,
      () => false,
    )
    if (isBack) return false
  }
  await staging.discard(hidden)
  await store.tidyAbove(entry)
  return true
}

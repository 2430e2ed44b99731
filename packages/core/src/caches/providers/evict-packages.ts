import type { Clock } from '../../runtime/index.ts'
import type { JobPins } from '../job-pins.ts'
import type { PackageStore, StoredEntry } from './package-store.ts'

export interface EvictionOptions {
  readonly store: PackageStore
  readonly pins: JobPins
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
  // A job pins first and then looks whether the entry is there; here the entry goes first and then the
  // pins are read again. So one of the two sees the other, also from another machine.
  const isPinned = async (entry: string): Promise<boolean> => (await pins.entries()).has(entry)
  const pinned = await pins.entries()
  const entries = await store.entries()
  const gone: string[] = []
  for (const { entry } of victims(entries, pinned, options)) {
    if (await store.discardUnless(entry, () => isPinned(entry))) gone.push(entry)
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

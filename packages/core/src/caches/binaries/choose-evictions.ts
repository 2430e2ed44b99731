import { binaryPath, type BinaryKey, type StoredBinary } from './binary-store.ts'

export interface EvictionPolicy {
  readonly sizeLimitBytes: number
  readonly maxAgeMs: number
}

/**
 * What has to go: what nobody used for too long, then what was used longest ago until the rest fits.
 * What jobs use stays, also where it does not fit.
 */
export function chooseEvictions(
  stored: readonly StoredBinary[],
  pinned: ReadonlySet<string>,
  nowMs: number,
  policy: EvictionPolicy,
): readonly BinaryKey[] {
  const free = stored
    .filter(({ key }) => !pinned.has(binaryPath(key)))
    .toSorted((a, b) => a.lastUsedMs - b.lastUsedMs)
  let totalBytes = stored.reduce((sum, { bytes }) => sum + bytes, 0)
  const evicted: BinaryKey[] = []
  for (const { key, bytes, lastUsedMs } of free) {
    if (nowMs - lastUsedMs <= policy.maxAgeMs && totalBytes <= policy.sizeLimitBytes) break
    evicted.push(key)
    totalBytes -= bytes
  }
  return evicted
}

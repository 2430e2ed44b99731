export interface EvictionPolicy {
  readonly sizeLimitBytes: number
  readonly maxAgeMs: number
}

/** An entry of a cache as the eviction sees it. */
export interface StoredEntry {
  /** What jobs pin. */
  readonly entry: string
  readonly bytes: number
  readonly lastUsedMs: number
}

/**
 * What has to go: what nobody used for too long, then what was used longest ago until the rest fits.
 * What jobs use stays, also where it does not fit.
 */
export function chooseEvictions(
  stored: readonly StoredEntry[],
  pinned: ReadonlySet<string>,
  nowMs: number,
  policy: EvictionPolicy,
): readonly string[] {
  const free = stored
    .filter(({ entry }) => !pinned.has(entry))
    .toSorted((a, b) => a.lastUsedMs - b.lastUsedMs)
  let totalBytes = stored.reduce((sum, { bytes }) => sum + bytes, 0)
  const evicted: string[] = []
  for (const { entry, bytes, lastUsedMs } of free) {
    if (nowMs - lastUsedMs <= policy.maxAgeMs && totalBytes <= policy.sizeLimitBytes) break
    evicted.push(entry)
    totalBytes -= bytes
  }
  return evicted
}

import { array, assert, boolean, integer, property, record } from 'fast-check'
import { expect, it } from 'vitest'

import { chooseEvictions, type StoredEntry } from '../../../src/caches/eviction/choose-evictions.ts'

const nowMs = 1000

function stored(entry: string, bytes: number, lastUsedMs: number): StoredEntry {
  return { entry, bytes, lastUsedMs }
}

it('takes out only as much as it must, the longest unused first', () => {
  const all = [stored('1.0.0', 10, 900), stored('1.1.0', 10, 500), stored('1.2.0', 10, 700)]
  const policy = { sizeLimitBytes: 20, maxAgeMs: 1000 }
  expect(chooseEvictions(all, new Set(), nowMs, policy)).toEqual([all[1]?.entry])
})

it('keeps what is used, keeps the limits where it can, and takes nothing without need', () => {
  const entries = array(
    record({
      bytes: integer({ min: 0, max: 9 }),
      ageMs: integer({ min: 0, max: 99 }),
      isUsed: boolean(),
    }),
  )
  assert(
    property(
      entries,
      integer({ min: 0, max: 50 }),
      integer({ min: 0, max: 99 }),
      (list, limit, maxAgeMs) => {
        const all = list.map(({ bytes, ageMs }, index) =>
          stored(`1.0.${index}`, bytes, nowMs - ageMs),
        )
        const used = new Set(
          all.filter((_, index) => list[index]?.isUsed).map(({ entry }) => entry),
        )
        const evicted = new Set(
          chooseEvictions(all, used, nowMs, { sizeLimitBytes: limit, maxAgeMs }),
        )
        const left = all.filter(({ entry }) => !evicted.has(entry))
        const free = left.filter(({ entry }) => !used.has(entry))
        const sum = (of: readonly StoredEntry[]): number =>
          of.reduce((total, { bytes }) => total + bytes, 0)
        for (const path of evicted) expect(used.has(path)).toBe(false)
        for (const { lastUsedMs } of free) expect(nowMs - lastUsedMs).toBeLessThanOrEqual(maxAgeMs)
        if (free.length > 0) expect(sum(left)).toBeLessThanOrEqual(limit)
        if (sum(all) <= limit) {
          for (const { entry, lastUsedMs } of all) {
            if (evicted.has(entry)) expect(nowMs - lastUsedMs).toBeGreaterThan(maxAgeMs)
          }
        }
      },
    ),
  )
})

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { retryDelayMs } from '../../src/http/index.ts'

describe('retryDelayMs', () => {
  it('widens the window from 0.5 s to 64 s', () => {
    const widest = [1, 2, 3, 4, 5, 6, 7, 8, 9, 1000].map((attempt) =>
      retryDelayMs({ attempt, random: 1 }),
    )
    expect(widest).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 64_000, 64_000])
  })

  it('has full jitter: the whole window from zero on', () => {
    expect(retryDelayMs({ attempt: 8, random: 0 })).toBe(0)
    expect(retryDelayMs({ attempt: 8, random: 0.5 })).toBe(32_000)
  })

  it('never comes back before Retry-After, nor much later', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 0, max: 3_600_000 }),
        (attempt, random, retryAfterMs) => {
          const delay = retryDelayMs({ attempt, random, retryAfterMs })
          expect(delay).toBeGreaterThanOrEqual(retryAfterMs)
          expect(delay).toBeLessThanOrEqual(retryAfterMs + 500)
        },
      ),
    )
  })
})

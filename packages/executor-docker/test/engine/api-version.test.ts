import { describe, expect, it } from 'vitest'

import { compareApiVersions, negotiateApiVersion } from '../../src/engine/api-version.ts'

describe('the version of the API', () => {
  it.each([
    ['1.41', '1.12', { version: '1.41' }],
    ['1.56', '1.40', { version: '1.56' }],
    // Newer than what we know: ours, as long as it takes that.
    ['1.70', '1.44', { version: '1.56' }],
    ['1.40', '1.12', { problem: expect.stringContaining('1.41 is the oldest that works') }],
    ['1.9', '1.1', { problem: expect.stringContaining('Update to Docker 20.10') }],
    ['1.90', '1.80', { problem: expect.stringContaining('Update the agent') }],
    ['', '', { problem: expect.stringContaining('no API version that we could read') }],
    ['1.41', '', { version: '1.41' }],
  ])('of an engine with %s, from %s on', (newest, oldest, expected) => {
    expect(negotiateApiVersion({ newest, oldest })).toEqual(expected)
  })

  it('is compared by numbers', () => {
    expect(compareApiVersions('1.9', '1.41')).toBeLessThan(0)
    expect(compareApiVersions('2.0', '1.99')).toBeGreaterThan(0)
    expect(compareApiVersions('1.41', '1.41')).toBe(0)
  })
})

import { describe, expect, it } from 'vitest'

import { parseRetryAfter } from '../../src/runtime/index.ts'

describe('parseRetryAfter', () => {
  const now = new Date('2026-01-01T00:00:00Z')

  it.each([
    ['0', 0],
    ['120', 120_000],
    [' 7 ', 7000],
    ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ])('reads %j', (value, expected) => {
    expect(parseRetryAfter(value, now)).toBe(expected)
  })

  it.each([undefined, '', '-1', '1.5', 'soon', '9999999999999999', '2026-01-01'])(
    'ignores %j',
    (value) => {
      expect(parseRetryAfter(value, now)).toBeUndefined()
    },
  )
})

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { describeShape, redactText } from '../../src/http/redact.ts'
import { fakeToken } from './support/tokens.ts'

describe('redactText', () => {
  it('I12: takes out the token of the call, other tokens and authorization values', () => {
    const text = `denied: secret-1 / ${fakeToken()} / Authorization: Bearer abcdef123456 / Basic dXNlcjpwYXNz`
    const clean = redactText(text, ['secret-1'])
    expect(clean).toBe(
      'denied: [redacted] / [redacted] / Authorization: Bearer [redacted] / Basic [redacted]',
    )
  })

  it('is one bounded line', () => {
    expect(redactText('a\r\n\u001B[31mb\t c', [])).toBe('a [31mb c')
    expect(redactText('x'.repeat(1000), [], 10)).toBe('xxxxxxxxxx…')
  })

  it('I12: lets no part of a secret through the cut at the end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 320 }), (before) => {
        const clean = redactText(`${'.'.repeat(before)}S3CR3T-VALUE`, ['S3CR3T-VALUE'])
        expect(clean).not.toContain('S3C')
      }),
    )
  })
})

describe('describeShape', () => {
  it('keeps keys and drops what strings say', () => {
    expect(
      describeShape({ token: 'abc', n: 1, list: ['a', 'b', 'c'], deep: { a: { b: {} } } }),
    ).toBe(
      '{"token":"<3 characters>","n":1,"list":["<1 characters>","<1 characters>","<1 more>"],"deep":{"a":{"b":"{…}"}}}',
    )
  })

  it('I12: shows no string of any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        expect(describeShape(plantCanaries(value), 1_000_000)).not.toContain('c4n4ry')
      }),
    )
  })
})

/** The same JSON with a canary in place of every string. */
function plantCanaries(value: unknown): unknown {
  if (typeof value === 'string') return `c4n4ry-${value}`
  if (Array.isArray(value)) return value.map(plantCanaries)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plantCanaries(item)]))
}

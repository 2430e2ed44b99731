import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { lockReason } from '../../src/tfe/lock-reason.ts'

describe('why a workspace is locked', () => {
  it('stands in the body, in one of two forms', () => {
    expect(lockReason({ data: { attributes: { reason: 'a' } } })).toBe('a')
    expect(lockReason({ reason: 'b' })).toBe('b')
    expect(lockReason(undefined)).toBe('')
  })

  it('is a short text, whatever the body is', () => {
    const reason = fc.oneof(fc.anything(), fc.string({ maxLength: 5000 }))
    const bodies = fc.oneof(
      fc.anything(),
      fc.record({ reason }),
      fc.record({ data: fc.record({ attributes: fc.record({ reason }) }) }),
    )
    fc.assert(
      fc.property(bodies, (body) => {
        const said = lockReason(body)
        expect(typeof said).toBe('string')
        expect(said.length).toBeLessThanOrEqual(1000)
      }),
    )
  })
})

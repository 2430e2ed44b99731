import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { PublicApiError } from '../../src/public-api/index.ts'
import { listRequest } from '../../src/tfe/list-request.ts'

describe('the query of a list', () => {
  it('names a page and a part of a name', () => {
    expect(listRequest('/w?search[name]=svc-&page[number]=3&page[size]=50')).toEqual({
      page: { number: 3, size: 50 },
      name: 'svc-',
    })
    // What is zero to a client, it did not set.
    expect(listRequest('/w?page%5Bnumber%5D=0')).toEqual({
      page: { number: 1, size: 20 },
      name: undefined,
    })
  })

  it('is read or refused, whatever stands in it', () => {
    fc.assert(
      fc.property(fc.string(), fc.webQueryParameters(), (number, rest) => {
        try {
          const { page } = listRequest(`/w?page[number]=${encodeURIComponent(number)}&${rest}`)
          expect(page.number).toBeGreaterThan(0)
          expect(page.size).toBeLessThanOrEqual(100)
        } catch (error) {
          expect(error).toBeInstanceOf(PublicApiError)
        }
      }),
    )
  })
})

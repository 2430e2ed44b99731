import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { filterSql } from '../../../src/public-api/json-api/filter-sql.ts'
import { nearestName } from '../../../src/public-api/json-api/nearest-name.ts'
import { PublicApiError } from '../../../src/public-api/json-api/index.ts'

const column = { column: 't.name' } as const
const values = fc.oneof(
  fc.string(),
  fc.string().map((text) => `in:${text}`),
  fc.string().map((text) => `like:${text}`),
  fc.string().map((text) => `between:${text}`),
)

describe('filterSql', () => {
  it('binds every value of a list, drops none and adds none', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.stringMatching(/^[\w.:' -]*\w$/u)), (list) => {
        const wanted = list.map((value) => value.trim())
        const { values: bound } = filterSql('name', column, `in:${list.join(',')}`)
        expect(bound).toEqual([JSON.stringify(wanted.filter((value) => value !== 'null'))])
      }),
    )
  })

  it('makes one value to bind for each mark, or refuses by an error of the API', () => {
    fc.assert(
      fc.property(values, fc.constantFrom(column, { condition: 'x IN (?)' }), (value, filter) => {
        try {
          const { sql, values: bound } = filterSql('name', filter, value)
          expect(sql.split('?').length - 1).toBe(bound.length)
        } catch (error) {
          expect(error).toBeInstanceOf(PublicApiError)
          expect(error).toMatchObject({ status: 400 })
        }
      }),
    )
  })

  it('takes no part of a value into the statement', () => {
    fc.assert(
      fc.property(values, (value) => {
        try {
          expect(filterSql('name', column, value).sql).toMatch(
            /^\(?t\.name (?:LIKE \? ESCAPE '\\'|BETWEEN \? AND \?|IN \(SELECT value FROM json_each\(\?\)\)|IS NULL OR t\.name IN \(SELECT value FROM json_each\(\?\)\)\))$/u,
          )
        } catch (error) {
          expect(error).toBeInstanceOf(PublicApiError)
        }
      }),
    )
  })
})

describe('nearestName', () => {
  const known = ['name', 'environment', 'filter[name]']
  it.each([
    ['nam', 'name'],
    ['enviroment', 'environment'],
    ['filtr[name]', 'filter[name]'],
    ['owner', undefined],
    ['', undefined],
    ['x'.repeat(10_000), undefined],
  ])('%.20j is nearest to %j', (given, nearest) => {
    expect(nearestName(given, known)).toBe(nearest)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { parseListQuery, PublicApiError } from '../../../src/public-api/json-api/index.ts'
import {
  checkQuery,
  listOf,
  nothing,
  oneOf,
  type Operation,
} from '../../../src/public-api/openapi/index.ts'
import { environments, runs, workspaces } from '../../../src/public-api/resources/index.ts'

const resources = new Map([environments, runs, workspaces].map((one) => [one.type, one]))
const list: Operation = { id: 'list', summary: 'List', answer: listOf(workspaces) }
const one: Operation = { id: 'get', summary: 'Get', answer: oneOf(workspaces) }
const remove: Operation = { id: 'delete', summary: 'Delete', answer: nothing() }
const output: Operation = { ...remove, query: { clean: z.enum(['true', 'false']) } }

/** The parameter that is refused, and why; `undefined` where nothing is. */
function refusalOf(
  query: string,
  operation: Operation,
): readonly [string | undefined, string | undefined] | undefined {
  try {
    checkQuery(`/things?${query}`, operation, resources)
    return undefined
  } catch (error) {
    if (!(error instanceof PublicApiError)) throw error
    expect(error.status).toBe(400)
    return [error.entries[0]?.parameter, error.entries[0]?.detail]
  }
}

describe('checkQuery', () => {
  it.each([
    ['', list],
    ['include=environment,tags&include=agent-pool', list],
    // As the extension for VS Code sends lists.
    ['sort=-updated-at&sort=name', list],
    ['sort[favorite-first]=true', list],
    ['fields[workspaces]=name,environment&fields[environments]=name', one],
    ['filter[name]=x&filter[run][status]=planned&sort=-name&query=x', list],
    // scalr-cli sends them with whatever it asks.
    ['page[number]=1&page[size]=100', remove],
    ['clean=true', output],
  ])('takes %j', (query, operation) => {
    expect(refusalOf(query, operation)).toBeUndefined()
  })

  it.each([
    ['foo=1', list, 'foo', 'Known are: filter[…], query, sort'],
    ['filtr[name]=x', list, 'filtr[name]', "Did you mean 'filter[name]'?"],
    ['sort[favorite-first]=yes', list, 'sort[favorite-first]', "'true' or 'false'"],
    ['page[limit]=1', list, 'page[limit]', 'no such parameter'],
    ['filter=x', list, 'filter', 'no such parameter'],
    ['filter[name]=a&filter[name]=b', list, 'filter[name]', 'more than once'],
    ['include=nothing', list, 'include', "no relation 'nothing'. They have: agent-pool,"],
    ['include=enviroment', list, 'include', "Did you mean 'environment'?"],
    ['include=constructor', one, 'include', "no relation 'constructor'"],
    ['include=environment.account', one, 'include', "no relation 'environment.account'"],
    ['fields[teams]=name', one, 'fields[teams]', "not related to any 'teams'"],
    ['fields[workspaces]=nam', one, 'fields[workspaces]', "'nam'. Did you mean 'name'?"],
    ['fields[environments]=__proto__', one, 'fields[environments]', 'no field'],
    ['filter[name]=x', one, 'filter[name]', 'Known are: include, fields[…]'],
    ['force=true', remove, 'force', 'Known are: none.'],
    ['clean=yes', output, 'clean', '"true"|"false"'],
    [`${'x'.repeat(5000)}=1`, list, `${'x'.repeat(100)}…`, 'no such parameter'],
  ])('refuses %.40s', (query, operation, parameter, detail) => {
    const refusal = refusalOf(query, operation)
    expect(refusal?.[0]).toBe(parameter)
    expect(refusal?.[1]).toContain(detail)
  })

  it('takes or refuses any query by an error of the API, and never passes over a parameter', () => {
    const known =
      /^(?:page\[(?:number|size)\]|query|sort|include|filter(?:\[[^[\]]+\])+|fields\[[^[\]]+\])$/u
    const name = fc.oneof(
      fc.constantFrom('filter[name]', 'sort', 'include', 'fields[runs]', 'page[size]', 'query'),
      fc.string(),
      fc.string().map((text) => `filter[${text}]`),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.string())), (pairs) => {
        const query = new URLSearchParams(pairs).toString()
        if (refusalOf(query, list) !== undefined) return
        for (const [key] of pairs) expect(key).toMatch(known)
        const names = pairs.map(([key]) => key).filter((key) => key !== 'include' && key !== 'sort')
        expect(new Set(names).size).toBe(names.length)
      }),
    )
  })
})

describe('parseListQuery', () => {
  const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/u)
  const value = fc.string({ minLength: 1, maxLength: 30 })

  it('gives back what was asked for, filters to the letter', () => {
    fc.assert(
      fc.property(
        fc.dictionary(word, value),
        fc.uniqueArray(word),
        fc.uniqueArray(word),
        fc.integer({ min: 1, max: 1000 }),
        (filters, include, sort, page) => {
          const query = new URLSearchParams()
          for (const [name, text] of Object.entries(filters)) query.set(`filter[${name}]`, text)
          if (include.length > 0) query.set('include', include.join(','))
          if (sort.length > 0) query.set('sort', sort.join(','))
          query.set('page[number]', String(page))
          const parsed = parseListQuery(`/things?${query.toString()}`)
          expect(Object.fromEntries(parsed.filters)).toEqual({ ...filters })
          expect(parsed.include).toEqual(include)
          expect(parsed.sort).toEqual(sort)
          expect(parsed.page.number).toBe(page)
        },
      ),
    )
  })

  it('reads or refuses any text by an error of the API', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          expect(parseListQuery(`/things?${text}`).page.size).toBeLessThanOrEqual(100)
        } catch (error) {
          expect(error).toBeInstanceOf(PublicApiError)
        }
      }),
    )
  })
})

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  choice,
  count,
  flag,
  instant,
  json,
  list,
  map,
  nullable,
  shape,
  text,
  type Kind,
} from '../../src/client/kind.ts'
import { quickRead, unfit } from '../../src/client/quick-read.ts'
import { definitionsByType } from '../../src/client/resources-by-type.ts'
import { toWireName } from '../../src/client/wire-name.ts'

/** Without the one key that is left to the schema. */
function isPlain(value: unknown): boolean {
  return typeof value !== 'object' || value === null || !Object.hasOwn(value, '__proto__')
}

/** Values that fit a kind, mostly. */
function valuesOf({ name, item, fields }: Kind): fc.Arbitrary<unknown> {
  const wrong = fc.oneof(
    fc.jsonValue().filter(isPlain),
    fc.constant(undefined),
    fc.constant(Infinity),
  )
  const right = ((): fc.Arbitrary<unknown> => {
    if (name === 'flag') return fc.boolean()
    if (name === 'count') return fc.oneof(fc.maxSafeInteger(), fc.double())
    if (name === 'json') return fc.jsonValue()
    if (name === 'map') return fc.dictionary(fc.string(), fc.jsonValue()).filter(isPlain)
    if (item !== undefined) return fc.array(valuesOf(item), { maxLength: 3 })
    if (fields === undefined) return fc.string()
    const members = Object.entries(fields).map(([key, kind]) => [toWireName(key), valuesOf(kind)])
    return fc.record(Object.fromEntries(members) as Record<string, fc.Arbitrary<unknown>>, {
      requiredKeys: [],
    })
  })()
  return fc.oneof({ weight: 20, arbitrary: right }, { weight: 1, arbitrary: wrong })
}

const kinds: readonly (readonly [string, Kind])[] = [
  ...Object.entries({ text, flag, count, instant, json, map, choice: choice('a', 'b') }),
  ['a list of shapes', list(shape({ aName: text, more: nullable(shape({ isIt: flag })) }))],
  ...[...definitionsByType.values()].flatMap(({ type, attributes }) =>
    Object.entries(attributes)
      .filter(([, { kind }]) => kind.item !== undefined || kind.fields !== undefined)
      .map(([name, { kind }]) => [`${type}.${name}`, kind] as const),
  ),
]

describe('what is read quickly', () => {
  it.each(kinds)(
    '%s: is what the schema gives, and what the schema refuses does not fit',
    (_name, kind) => {
      fc.assert(
        fc.property(valuesOf(kind), (value) => {
          const schema = kind.schema.safeParse(value)
          const quick = quickRead(kind, value)
          if (schema.success) expect(quick).toEqual(schema.data)
          else expect(quick).toBe(unfit)
        }),
        { numRuns: 60 },
      )
    },
  )

  it('leaves a key that would change a prototype to the schema, which drops it', () => {
    const value: unknown = JSON.parse('{"__proto__": {"isAdmin": true}, "a": 1}')
    expect(quickRead(map, value)).toBe(unfit)
    expect(Object.keys(map.schema.parse(value))).toEqual(['a'])
  })
})

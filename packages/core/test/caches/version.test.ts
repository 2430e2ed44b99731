import { assert, constantFrom, integer, property, record, string } from 'fast-check'
import { posix } from 'node:path'
import { expect, it } from 'vitest'

import { compareVersions, isPreRelease, isVersion } from '../../src/caches/version.ts'

it.each(['1.11.4', '0.12.31', '1.6.0-alpha1', '1.10.0-rc.2', '1.5.7+ent', '0.80.4-beta2025.1'])(
  'takes %s',
  (version) => expect(isVersion(version)).toBe(true),
)

it.each(['1.2', 'v1.2.3', '1.2.3-', '1.2.3-a..b', '01.2.3', '1.2.3\n', `1.2.3-${'a'.repeat(80)}`])(
  'takes no %j',
  (version) => expect(isVersion(version)).toBe(false),
)

it('whatever it takes names one directory and one segment of a URL', () => {
  const versions = string({ unit: constantFrom(...'0123456789.-+abR/\\%?#~ \n\u0000é'.split('')) })
  assert(
    property(versions, (version) => {
      if (!isVersion(version)) return
      expect(posix.join('/a', version, 'b')).toBe(`/a/${version}/b`)
      expect(new URL(`https://x/a/${version}/b`).pathname).toBe(`/a/${version}/b`)
    }),
    { numRuns: 2000 },
  )
})

it('orders versions as semantic versioning does', () => {
  const ordered = [
    '0.12.31',
    '1.2.9',
    '1.2.10',
    '1.10.0-alpha',
    '1.10.0-alpha.1',
    '1.10.0-alpha.beta',
    '1.10.0-beta',
    '1.10.0-beta.2',
    '1.10.0-beta.11',
    '1.10.0-rc1',
    '1.10.0',
    '2.0.0',
  ]
  expect(ordered.toReversed().toSorted(compareVersions)).toEqual(ordered)
  expect(ordered.filter(isPreRelease)).toHaveLength(7)
})

it('orders any two the same way round', () => {
  const versions = record({
    major: integer({ min: 0, max: 3 }),
    pre: constantFrom('', '-a', '-1.b', '-1'),
  })
  assert(
    property(versions, versions, (a, b) => {
      const [left, right] = [`${a.major}.0.0${a.pre}`, `${b.major}.0.0${b.pre}`]
      const difference = compareVersions(left, right)
      expect(Math.sign(difference)).toBe(-Math.sign(compareVersions(right, left)) + 0)
      expect(difference === 0).toBe(left === right)
    }),
  )
})

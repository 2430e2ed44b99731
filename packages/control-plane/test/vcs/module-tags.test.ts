import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { compareVersions, versionOfTag } from '../../src/vcs/module-tags.ts'

describe('versionOfTag', () => {
  it.each([
    ['v1.2.3', '', '1.2.3'],
    ['1.2.3', '', '1.2.3'],
    ['v1.2.3-rc.1', '', '1.2.3-rc.1'],
    ['network/v1.2.3', 'network/', '1.2.3'],
    ['v1.2.3', 'network/', undefined],
    ['v1.2', '', undefined],
    ['v01.2.3', '', undefined],
    ['v1.2.3+build', '', undefined],
    ['release', '', undefined],
    ['v1.2.3/../x', '', undefined],
  ])('reads %s', (tag, prefix, wanted) => {
    expect(versionOfTag(tag, prefix)).toBe(wanted)
  })
})

describe('compareVersions', () => {
  it('orders as SemVer does', () => {
    const ordered = [
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0-rc.1',
      '1.0.0',
      '1.2.0',
      '1.10.0',
      '99999999999999999999.0.0',
    ]
    expect(ordered.toReversed().toSorted(compareVersions)).toEqual(ordered)
  })

  it('is an order', () => {
    const part = fc.nat({ max: 12 }).map(String)
    const version = fc
      .tuple(part, part, part, fc.option(fc.constantFrom('a', '1', 'a.1', '1.a', 'rc-1')))
      .map(([a, b, c, pre]) => `${a}.${b}.${c}${pre === null ? '' : `-${pre}`}`)
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0)
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) {
          expect(compareVersions(a, c)).toBeLessThanOrEqual(0)
        }
        expect(compareVersions(a, b) === 0).toBe(a === b)
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { isTriggered } from '../../src/vcs/is-triggered.ts'

const all = { path: '', triggerPrefixes: [], triggerPatterns: undefined }

describe('isTriggered', () => {
  it.each<[string, Partial<typeof all> | Record<string, unknown>, string[], boolean]>([
    ['any change without triggers', {}, ['README.md'], true],
    ['no change', {}, [], false],
    ['a change below the root', { path: 'live' }, ['live/main.tf'], true],
    ['a change beside the root', { path: 'live' }, ['lively/main.tf', 'main.tf'], false],
    ['a file below a prefix', { triggerPrefixes: ['/modules/'] }, ['modules/a/main.tf'], true],
    [
      'a file that only begins like a prefix',
      { triggerPrefixes: ['mod'] },
      ['modules/a.tf'],
      false,
    ],
    ['a prefix that is a file', { triggerPrefixes: ['main.tf'] }, ['main.tf'], true],
    ['the prefix of everything', { triggerPrefixes: ['.'] }, ['a/b'], true],
    ['prefixes from the root', { path: 'live', triggerPrefixes: ['a'] }, ['a/x', 'live/b'], false],
    ['a pattern', { triggerPatterns: '*.tf\n!test.tf' }, ['a/main.tf'], true],
    ['what a pattern takes out', { triggerPatterns: '*.tf\n!test.tf' }, ['a/test.tf'], false],
    ['a folder as pattern', { triggerPatterns: '/modules/' }, ['modules/a/b.md'], true],
    ['an anchored pattern elsewhere', { triggerPatterns: '/modules/' }, ['x/modules/a'], false],
    ['names that climb', { triggerPatterns: '*.tf' }, ['../a.tf'], true],
  ])('decides %s', (_what, repo, changed, wanted) => {
    expect(isTriggered({ ...all, ...repo }, changed)).toBe(wanted)
  })

  it('runs once too often rather than never, when nobody knows what changed', () => {
    expect(isTriggered({ ...all, triggerPrefixes: ['a'] }, undefined)).toBe(true)
  })

  it('never throws, whatever files are called', () => {
    const repo = fc.record({
      path: fc.constantFrom('', 'live', 'a/b'),
      triggerPrefixes: fc.array(fc.string(), { maxLength: 3 }),
      triggerPatterns: fc.option(fc.string(), { nil: undefined }),
    })
    fc.assert(
      fc.property(repo, fc.array(fc.string({ minLength: 1 })), (settings, changed) => {
        expect(typeof isTriggered(settings, changed)).toBe('boolean')
      }),
    )
  })
})

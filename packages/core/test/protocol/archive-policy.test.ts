import { posix } from 'node:path'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { ProtocolError } from '../../src/errors/index.ts'
import { ArchivePolicy, type ArchiveEntry, type CheckedEntry } from '../../src/protocol/index.ts'

function check(...entries: readonly ArchiveEntry[]): (CheckedEntry | undefined)[] {
  const policy = new ArchivePolicy()
  return entries.map((entry) => policy.check(entry))
}

function refusal(...entries: readonly ArchiveEntry[]): string {
  try {
    check(...entries)
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError)
    expect(error).toMatchObject({ code: 'INVALID_ARCHIVE' })
    return (error as Error).message
  }
  return 'was not refused'
}

describe('what an archive may hold', () => {
  it('is files, directories and links that stay in the tree', () => {
    expect(
      check(
        { name: './', type: 'directory' },
        { name: './modules/', type: 'directory' },
        { name: 'modules//vpc/main.tf', type: 'file', size: 5 },
        { name: 'modules/current', type: 'symlink', linkname: 'vpc' },
        { name: 'modules/vpc/up.tf', type: 'symlink', linkname: '../../shared.tf' },
        { name: 'pax', type: 'pax-global-header' },
      ),
    ).toEqual([
      undefined,
      { kind: 'directory', path: 'modules' },
      { kind: 'file', path: 'modules/vpc/main.tf' },
      { kind: 'symlink', path: 'modules/current', target: 'vpc' },
      { kind: 'symlink', path: 'modules/vpc/up.tf', target: '../../shared.tf' },
      undefined,
    ])
  })

  it.each([
    ['a climbing path', { name: '../etc/passwd' }, "'..'"],
    ['a path that climbs on its way', { name: 'a/../../b' }, "'..'"],
    ['an absolute path', { name: '/etc/passwd' }, 'absolute'],
    ['a drive', { name: 'C:/windows' }, 'absolute'],
    ['a backslash', { name: 'a\\..\\b' }, 'backslash'],
    ['an empty name', { name: '' }, 'empty'],
    ['a NUL byte', { name: 'a\0b' }, 'NUL'],
    ['a hard link', { name: 'a', type: 'link', linkname: '/etc/passwd' }, "'link'"],
    ['a device', { name: 'a', type: 'character-device' }, "'character-device'"],
    ['a block device', { name: 'a', type: 'block-device' }, "'block-device'"],
    ['a pipe', { name: 'a', type: 'fifo' }, "'fifo'"],
    ['an absolute link', { name: 'a', type: 'symlink', linkname: '/etc' }, 'no relative target'],
    ['a link without a target', { name: 'a', type: 'symlink' }, 'no relative target'],
    ['a link out of the tree', { name: 'a/b', type: 'symlink', linkname: '../../c' }, 'out of the'],
    [
      'a link that climbs late',
      { name: 'a', type: 'symlink', linkname: 'b/../../c' },
      'out of the',
    ],
    ['a link that turns round', { name: 'a', type: 'symlink', linkname: 'b/c/..' }, 'climbs after'],
    ['a file in the place of the root', { name: '.' }, 'root'],
  ] as const)('is never %s', (_what, entry, words) => {
    expect(refusal(entry)).toContain(words)
  })

  it('is never a file below a link, nor in its place', () => {
    const link = { name: 'a', type: 'symlink', linkname: 'b' } as const
    expect(refusal(link, { name: 'a/file' })).toContain('below a link')
    expect(refusal(link, { name: 'a' })).toContain('replace a link')
  })

  it('is bounded in entries and in bytes', () => {
    const few = new ArchivePolicy({ maxEntries: 2 })
    few.check({ name: 'a' })
    few.check({ name: 'b' })
    expect(() => few.check({ name: 'c' })).toThrow('more than 2 entries')
    const small = new ArchivePolicy({ maxBytes: 10 })
    small.check({ name: 'a', size: 10 })
    expect(() => small.check({ name: 'b', size: 1 })).toThrow('more than 10 bytes')
  })

  it('never shows an endless name', () => {
    expect(refusal({ name: `/${'x'.repeat(10_000)}` }).length).toBeLessThan(500)
  })
})

describe('whatever an archive holds', () => {
  const segment = fc.constantFrom('a', 'b', 'c', '.', '..', '')
  const path = fc
    .array(segment, { minLength: 1, maxLength: 5 })
    .map((segments) => segments.join('/'))
  const entry = fc.record({
    name: path,
    type: fc.constantFrom('file', 'directory', 'symlink'),
    linkname: path,
    size: fc.constant(0),
  })

  it('nothing that is let through leads out of the tree, also through chains of links', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 12 }), (entries) => {
        const policy = new ArchivePolicy()
        const links = new Map<string, string>()
        for (const one of entries) {
          let checked: CheckedEntry | undefined
          try {
            checked = policy.check(one)
          } catch {
            continue
          }
          if (checked === undefined) continue
          if (checked.kind === 'symlink') links.set(checked.path, checked.target)
          expect(resolve(checked.path, links)).not.toBe('outside')
        }
        for (const link of links.keys()) expect(resolve(link, links)).not.toBe('outside')
      }),
      { numRuns: 5_000 },
    )
  })
})

/** Walks a path as the kernel does, following links, and says when it leaves the tree. */
function resolve(path: string, links: ReadonlyMap<string, string>): string {
  let rest = path.split('/')
  let at: string[] = []
  for (let hops = 0; rest.length > 0;) {
    const [next = '', ...after] = rest
    rest = after
    if (next === '' || next === '.') continue
    if (next === '..') {
      if (at.length === 0) return 'outside'
      at = at.slice(0, -1)
      continue
    }
    const target = links.get(posix.join(...at, next))
    if (target === undefined) at = [...at, next]
    else {
      hops += 1
      if (hops > 40) return 'a loop'
      rest = [...target.split('/'), ...rest]
    }
  }
  return at.join('/')
}

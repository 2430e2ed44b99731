import { createHash } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import { h1Of } from '../../../src/caches/providers/package-hash.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

describe('h1Of', () => {
  it("gives what Go's dirhash.Hash1 gives, which sorts names by their bytes", () => {
    const files = {
      'terraform-provider-x_v1.0.0': 'program\n',
      'docs/README.md': '',
      'a/b': '1',
      'a.b': '2',
      '\u{1F600}': 'emoji',
      '～': 'wide',
    }
    const hashed = Object.entries(files).map(([path, text]) => ({ path, sha256: sha256(text) }))
    // Computed with golang.org/x/mod v0.41.0.
    expect(h1Of(hashed)).toBe('h1:p/TRuTmn8vAYUQcAoKGj81WlpvEAMBLSCvD4H9Tmn54=')
    expect(h1Of(hashed.toReversed())).toBe(h1Of(hashed))
  })

  it('refuses a name with a line break, as Go does', () => {
    expect(() => h1Of([{ path: 'a\nb', sha256: sha256('') }])).toThrow('line break')
  })
})

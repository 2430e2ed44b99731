import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { parsePolicyManifest } from '../../src/archives/policy-manifest.ts'
import { PolicyManifestError } from '../../src/archives/policy-manifest-tokens.ts'

const good = `version = "v1"

# Which clouds
policy "clouds" {
  enabled           = true
  enforcement_level = "hard-mandatory"
}

/* more
   of them */
policy "tags" {
  enforcement_level = "advisory" // for now
  enabled = false
}
policy "size" { enforcement_level = "soft-mandatory" }
`

function faultOf(text: string): { readonly line: number; readonly message: string } {
  try {
    parsePolicyManifest(text)
  } catch (error) {
    if (error instanceof PolicyManifestError) return { line: error.line, message: error.message }
    throw error
  }
  throw new Error('it was read')
}

describe('scalr-policy.hcl', () => {
  it('is read as Scalr documents it, with comments', () => {
    expect(parsePolicyManifest(good)).toEqual([
      { name: 'clouds', enabled: true, level: 'hard-mandatory', line: 4 },
      { name: 'tags', enabled: false, level: 'advisory', line: 11 },
      { name: 'size', enabled: true, level: 'soft-mandatory', line: 15 },
    ])
  })

  it('may have CRLF, a byte order mark and no line end', () => {
    const crlf = `\uFEFF${good.trim().replaceAll('\n', '\r\n')}`
    expect(parsePolicyManifest(crlf)).toEqual(parsePolicyManifest(good))
  })

  it.each([
    ['no version', 'policy "a" { enforcement_level = "advisory" }', 1, 'version is missing'],
    ['another version', 'version = "v2"', 1, 'version must be "v1"'],
    ['a version twice', 'version = "v1"\nversion = "v1"', 2, 'version is set twice'],
    ['no policy', 'version = "v1"\n', 1, 'no policy is declared'],
    ['a misspelled block', 'version = "v1"\npolcy "a" {\n}', 2, 'found "polcy"'],
    [
      'a misspelled attribute',
      'version = "v1"\npolicy "a" {\n  enable = false\n}',
      3,
      'expected enabled, enforcement_level or }, but found "enable"',
    ],
    [
      'another level',
      'version = "v1"\npolicy "a" {\n  enforcement_level = "hard"\n}',
      3,
      'one of "advisory", "soft-mandatory", "hard-mandatory", but found "hard"',
    ],
    ['no level', 'version = "v1"\npolicy "a" {\n}\n', 2, 'has no enforcement_level'],
    [
      'a flag in quotes',
      'version = "v1"\npolicy "a" {\n  enabled = "false"\n}',
      3,
      'expected true or false',
    ],
    [
      'a policy twice',
      'version = "v1"\npolicy "a" { enforcement_level = "advisory" }\npolicy "a" { enforcement_level = "advisory" }',
      3,
      'declared twice, first in line 2',
    ],
    [
      'a name that leaves the bundle',
      'version = "v1"\npolicy "../a" { }',
      2,
      'is no name of a policy',
    ],
    ['an empty name', 'version = "v1"\npolicy "" { }', 2, 'is no name of a policy'],
    ['an open string', 'version = "v1', 1, 'a string has no end in its line'],
    ['an open comment', 'version = "v1"\n/* open', 2, 'a comment has no end'],
    ['a template', 'version = "${v}"', 1, 'may hold no template'],
    ['an unknown escape', String.raw`version = "\x"`, 1, String.raw`escape \x`],
    ['an open block', 'version = "v1"\npolicy "a" {\n', 3, 'the end of the file'],
    ['two attributes in a line', 'version = "v1" version = "v1"', 1, 'the end of the line'],
    ['a nested block', 'version = "v1"\npolicy "a" {\n  b {\n  }\n}', 3, '='],
    ['a sign of its own', 'version = "v1"\n@', 2, 'unexpected "@"'],
  ])('is refused with its line for %s', (_what, text, line, message) => {
    const fault = faultOf(text)
    expect(fault.line).toBe(line)
    expect(fault.message).toContain(message)
  })

  it('is read or refused, whatever it holds', () => {
    const pieces = fc.array(
      fc.oneof(
        fc.constantFrom('version', 'policy', 'enabled', 'enforcement_level', '=', '{', '}', '\n'),
        fc.constantFrom('"v1"', '"advisory"', 'true', '#', '/*', '*/', '"', '\\', '${', ' '),
        fc.string({ unit: 'grapheme', maxLength: 5 }),
      ),
    )
    fc.assert(
      fc.property(pieces, (parts) => {
        const text = parts.join('')
        try {
          parsePolicyManifest(text)
        } catch (error) {
          expect(error).toBeInstanceOf(PolicyManifestError)
          const { line } = error as PolicyManifestError
          expect(line).toBeGreaterThanOrEqual(1)
          expect(line).toBeLessThanOrEqual(text.split('\n').length)
        }
      }),
    )
  })

  it('is read as it was written, in any layout', () => {
    const blank = fc.constantFrom('', ' ', '\t ')
    const gap = fc.constantFrom('\n', '\n\n', ' # a comment\n', '\r\n', '\n/* two\nlines */\n')
    const policy = fc.record({
      name: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/u),
      enabled: fc.option(fc.boolean()),
      level: fc.constantFrom('advisory', 'soft-mandatory', 'hard-mandatory'),
      levelFirst: fc.boolean(),
    })
    const policies = fc.uniqueArray(policy, { minLength: 1, selector: (one) => one.name })
    fc.assert(
      fc.property(policies, blank, gap, (written, b, g) => {
        const blocks = written.map(({ name, enabled, level, levelFirst }) => {
          const lines = [
            `${b}enforcement_level${b}=${b}"${level}"${g}`,
            ...(enabled === null ? [] : [`enabled${b}=${b}${String(enabled)}${b}${g}`]),
          ]
          return `policy "${name}"${b}{${g}${(levelFirst ? lines : lines.toReversed()).join('')}}${g}`
        })
        const text = `${g}version${b}=${b}"v1"${g}${blocks.join('')}`
        expect(
          parsePolicyManifest(text).map(({ name, enabled, level }) => ({ name, enabled, level })),
        ).toEqual(
          written.map(({ name, enabled, level }) => ({ name, enabled: enabled ?? true, level })),
        )
      }),
    )
  })
})

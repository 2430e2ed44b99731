import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { Masker, maskText } from '../../src/logs/masker.ts'
import { PatternSet } from '../../src/logs/pattern-set.ts'
import { secretForms } from '../../src/logs/secret-forms.ts'

/** The specification, in the plainest words: every occurrence of every form, merged where they touch. */
function maskWhole(input: Uint8Array, secrets: readonly string[]): Buffer {
  const text = Buffer.from(input)
  const covered = new Uint8Array(text.length)
  const begins = new Uint8Array(text.length + 1)
  const matches: [number, number][] = []
  for (const form of secretForms(secrets)) {
    for (let at = text.indexOf(form); at !== -1; at = text.indexOf(form, at + 1)) {
      matches.push([at, at + form.length])
    }
  }
  for (const [start, end] of matches) covered.fill(1, start, end)
  for (let at = 0; at < text.length; at++) {
    begins[at] = covered[at] === 1 && (at === 0 || covered[at - 1] === 0) ? 1 : 0
  }
  const out: Buffer[] = []
  for (let at = 0; at < text.length; at++) {
    if (begins[at] === 1) out.push(Buffer.from(maskText))
    if (covered[at] === 0) out.push(text.subarray(at, at + 1))
  }
  return Buffer.concat(out)
}

function maskChunks(chunks: Iterable<Uint8Array>, secrets: readonly string[]): Buffer {
  const masker = new Masker(secrets)
  const out: Buffer[] = []
  for (const chunk of chunks) out.push(Buffer.from(masker.push(chunk)))
  return Buffer.concat([...out, masker.flush()])
}

/** In chunks that are overwritten once the next one is asked for, as a reader may do. */
function* cut(input: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  let at = 0
  for (let turn = 0; at < input.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    const chunk = Buffer.from(input.subarray(at, at + size))
    yield chunk
    chunk.fill('~')
    at += size
  }
}

function mask(text: string, ...secrets: string[]): string {
  return maskChunks([Buffer.from(text)], secrets).toString()
}

describe('Masker', () => {
  it('replaces a secret, whatever its length, by fifteen asterisks', () => {
    expect(mask('token=hunter2! and more', 'hunter2!')).toBe('token=*************** and more')
  })

  it('leaves values of fewer than six characters alone', () => {
    expect(mask('abcde abcdef', 'abcde')).toBe('abcde abcdef')
  })

  it('passes everything when there are no secrets', () => {
    const chunk = Buffer.from('anything')
    expect(new Masker([]).push(chunk)).toBe(chunk)
  })

  it('merges secrets that overlap or touch', () => {
    expect(mask('<abcdefghij>', 'abcdefg', 'defghij')).toBe(`<${maskText}>`)
    expect(mask('<abcdefghijkl>', 'abcdef', 'ghijkl')).toBe(`<${maskText}>`)
    expect(mask('<abcdef-ghijkl>', 'abcdef', 'ghijkl')).toBe(`<${maskText}-${maskText}>`)
    expect(mask('<aaaaaaaaaaaaaaaaaaaa>', 'aaaaaa')).toBe(`<${maskText}>`)
  })

  it('masks the shorter one where the longer one breaks off', () => {
    expect(mask('<abcdefgh?>', 'abcdefghij', 'cdefgh')).toBe(`<ab${maskText}?>`)
  })

  it('masks the lines of a multi-line secret, also indented and with CRLF', () => {
    const key = '-----BEGIN KEY-----\nMIIEowIBAAKCAQEA\nz8h1\n-----END KEY-----\n'
    expect(mask('    MIIEowIBAAKCAQEA\r\n    z8h1\r\n', key)).toBe(
      `    ${maskText}\r\n    z8h1\r\n`,
    )
    expect(mask(`key: ${key}!`, key)).toBe(`key: ${maskText}!`)
    expect(mask('------------', '------------\nsecret-line\n')).toBe('------------')
  })

  describe('I12: knows a secret in other clothes', () => {
    const secret = 'p"a$s\\s/w{o}r+d é&<\u{1F511}>\t${x}%{y}\'?=@:*~'
    const clothes: readonly [string, string][] = [
      ['plain', secret],
      ['JSON', JSON.stringify(secret).slice(1, -1)],
      [
        "Go's JSON",
        JSON.stringify(secret)
          .slice(1, -1)
          .replaceAll('&', '\\u0026')
          .replaceAll('<', '\\u003c')
          .replaceAll('>', '\\u003e'),
      ],
      ['encodeURIComponent', encodeURIComponent(secret)],
      [
        'lower-case percent encoding',
        encodeURIComponent(secret).replaceAll(/%../gu, (hex) => hex.toLowerCase()),
      ],
      ['form encoding', new URLSearchParams({ x: secret }).toString().slice(2)],
      ['an HCL string', 'p\\"a$s\\\\s/w{o}r+d é&<\u{1F511}>\\t$${x}%%{y}\'?=@:*~'],
      ["Go's %q", 'p\\"a$s\\\\s/w{o}r+d é&<\u{1F511}>\\t${x}%{y}\'?=@:*~'],
      ["a shell's trace", secret.replaceAll("'", String.raw`'\''`)],
    ]
    it.each(clothes)('%s', (_name, form) => {
      expect(mask(`<${form}>`, secret)).toBe(`<${maskText}>`)
    })

    it.each([0, 1, 2])('base64 and base64url, %i bytes off', (offset) => {
      for (const value of ['hunter2', 'hunter22', 'hunter222', 'ÿþýüûú>>>???']) {
        for (const alphabet of ['base64', 'base64url'] as const) {
          for (const behind of ['', '!', '!!', '!!!']) {
            const whole = Buffer.from('#'.repeat(offset) + value + behind).toString(alphabet)
            const masked = mask(whole, value)
            expect(masked).toContain(maskText)
            // Beside the mask stand only characters that also carry bits of what is no secret.
            expect(masked.replace(maskText, '').replaceAll('=', '').length).toBeLessThan(4 + 6)
          }
        }
      }
    })

    it('base64 broken into lines', () => {
      const value = Array.from({ length: 40 }, (_, index) => `secret-${index * 7919}`).join(';')
      const encoded = Buffer.from(value).toString('base64')
      for (const columns of [64, 76]) {
        const lines = encoded.match(new RegExp(`.{1,${columns}}`, 'gu')) ?? []
        expect(mask(lines.slice(0, -1).join('\n'), value)).toMatch(/^(\*{15}\n?)+$/u)
      }
    })
  })

  it('holds back only what may still become a secret', () => {
    const masker = new Masker(['abcabcabd'])
    const pushed = (text: string) => Buffer.from(masker.push(Buffer.from(text))).toString()
    expect(pushed('xyz')).toBe('xyz')
    expect(masker.atRest).toBe(true)
    expect(pushed('-abcab')).toBe('-')
    expect(masker.held).toBe(5)
    expect(pushed('cabc')).toBe('abc')
    expect(masker.held).toBe(6)
    expect(pushed('abd')).toBe(maskText)
    expect(masker.held).toBe(0)
    // The next byte may begin a secret that joins this mask.
    expect(masker.atRest).toBe(false)
    expect(pushed('.')).toBe('.')
    expect(masker.atRest).toBe(true)
  })

  it('I10: gives the same bytes for every way to cut the input', () => {
    const letters = fc.string({
      unit: fc.constantFrom('a', 'b', 'Y', '+'),
      minLength: 6,
      maxLength: 24,
    })
    const secret = fc.oneof(
      letters,
      fc.string({ minLength: 6, maxLength: 30 }),
      fc.string({ unit: 'grapheme', minLength: 6, maxLength: 12 }),
      fc.tuple(letters, letters).map((lines) => lines.join('\n')),
    )
    const scenario = fc.array(secret, { minLength: 1, maxLength: 6 }).chain((secrets) => {
      const forms = secretForms(secrets).map((form) => Buffer.from(form))
      const form = forms.length > 0 ? fc.constantFrom(...forms) : fc.constant(Buffer.from('none'))
      const piece = fc.oneof(
        form,
        fc.tuple(form, fc.nat(40)).map(([bytes, length]) => bytes.subarray(0, length)),
        fc.tuple(form, fc.nat(40)).map(([bytes, start]) => bytes.subarray(start)),
        fc
          .string({ unit: fc.constantFrom('a', 'b', 'Y', '+', '\n'), maxLength: 9 })
          .map((text) => Buffer.from(text)),
        fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
      )
      return fc.record({
        secrets: fc.constant(secrets),
        input: fc.array(piece, { maxLength: 14 }).map((pieces) => Buffer.concat(pieces)),
        sizes: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 }),
      })
    })
    fc.assert(
      fc.property(scenario, ({ secrets, input, sizes }) => {
        const expected = maskWhole(input, secrets).toString('latin1')
        expect(maskChunks([input], secrets).toString('latin1')).toBe(expected)
        expect(maskChunks(cut(input, sizes), secrets).toString('latin1')).toBe(expected)
        expect(maskChunks(cut(input, [1]), secrets).toString('latin1')).toBe(expected)
      }),
      { numRuns: 600 },
    )
  })

  it('I10: a new masker that starts where one is at rest gives the same bytes', () => {
    // The last of them ends in what begins none, so that only its mask's end keeps the masker busy.
    const secrets = ['aabaab', 'baabaa+b', 'abababab', 'bbabb+']
    const piece = fc.constantFrom(...secrets, 'a', 'b', '+', 'aab', 'bbabb')
    const input = fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(input, (text) => {
        const bytes = Buffer.from(text)
        const expected = maskWhole(bytes, secrets).toString()
        const first = new Masker(secrets)
        let out = ''
        for (let at = 0; at < bytes.length; at++) {
          out += Buffer.from(first.push(bytes.subarray(at, at + 1))).toString()
          if (!first.atRest) continue
          expect(out + maskChunks([bytes.subarray(at + 1)], secrets).toString()).toBe(expected)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('I12: masks secrets of 64 KiB, and stays linear on periodic ones', () => {
    const long = Array.from({ length: 8192 }, (_, index) => `${index}`.padStart(8, 'k')).join('')
    const periodic = 'a'.repeat(65_536)
    const input = Buffer.from(`<${long}><${'a'.repeat(200_000)}><${'a'.repeat(65_535)}>`)
    const expected = `<${maskText}><${maskText}><${'a'.repeat(65_535)}>`
    expect(maskChunks(cut(input, [4096]), [long, periodic]).toString()).toBe(expected)
  })
})

describe('PatternSet', () => {
  it('has a window no longer than its shortest pattern', () => {
    expect(new PatternSet([Buffer.from('abcdef'), Buffer.from('abcdefghi')]).window).toBe(6)
  })
})

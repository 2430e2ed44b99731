import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { MarkerFilter, type FoundMarker } from '../../src/logs/marker-filter.ts'
import { formatMarker, parseMarker, type StageMarker } from '../../src/logs/stage-markers.ts'

const nonce = '0123456789abcdef0123456789abcdef'
const otherNonce = 'f'.repeat(32)

function filterChunks(chunks: Iterable<Uint8Array>): { text: string; markers: FoundMarker[] } {
  const filter = new MarkerFilter(nonce)
  const markers: FoundMarker[] = []
  let text = ''
  for (const chunk of chunks) {
    const output = filter.push(chunk)
    text += Buffer.from(output.bytes).toString('latin1')
    markers.push(...output.markers)
  }
  text += Buffer.from(filter.flush()).toString('latin1')
  return { text, markers }
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

describe('stage markers', () => {
  const markers: readonly [StageMarker, string][] = [
    [{ event: 'begin', stage: 'pre-init' }, 'begin pre-init'],
    [{ event: 'end', stage: 'plan', exitCode: 2 }, 'end plan 2'],
    [{ event: 'end', stage: 'plan', exitCode: 0 }, 'end plan 0'],
    [{ event: 'result', exitCode: 255 }, 'result 255'],
  ]
  it.each(markers)('writes and reads %j', (marker, text) => {
    expect(formatMarker(nonce, marker)).toBe(`\u001E${nonce} ${text}\n`)
    expect(parseMarker(`\u001E${nonce} ${text}\n`, nonce)).toEqual(marker)
  })

  it.each([
    `\u001E${otherNonce} begin plan\n`,
    `\u001E${nonce} begin plan`,
    `\u001E${nonce} begin Plan\n`,
    `\u001E${nonce} begin plan \n`,
    `\u001E${nonce} begin\n`,
    `\u001E${nonce} end plan\n`,
    `\u001E${nonce} end plan 256\n`,
    `\u001E${nonce} end plan 01\n`,
    `\u001E${nonce} end plan -1\n`,
    `\u001E${nonce} result\n`,
    `\u001E${nonce}  result 0\n`,
    `\u001E${nonce} stop plan\n`,
    `x\u001E${nonce} begin plan\n`,
  ])('does not read %j', (text) => {
    expect(parseMarker(text, nonce)).toBeUndefined()
    expect(filterChunks([Buffer.from(text)]).text.length).toBeGreaterThan(0)
  })

  it('refuses to write what it could not read', () => {
    expect(() => formatMarker('short', { event: 'result', exitCode: 0 })).toThrow(/nonce/u)
    expect(() => formatMarker(nonce, { event: 'begin', stage: 'a b' })).toThrow(/stage/u)
    expect(() => formatMarker(nonce, { event: 'result', exitCode: 256 })).toThrow(/exit code/u)
  })
})

describe('MarkerFilter', () => {
  const begin = formatMarker(nonce, { event: 'begin', stage: 'plan' })
  const end = formatMarker(nonce, { event: 'end', stage: 'plan', exitCode: 0 })

  it('takes markers out wholly, also in the middle of a line, and tells where they stood', () => {
    const { text, markers } = filterChunks([Buffer.from(`${begin}abc${end}def\n`)])
    expect(text).toBe('abcdef\n')
    expect(markers).toEqual([
      { marker: { event: 'begin', stage: 'plan' }, passedOffset: 0, rawOffset: 0 },
      {
        marker: { event: 'end', stage: 'plan', exitCode: 0 },
        passedOffset: 3,
        rawOffset: begin.length + 3,
      },
    ])
  })

  it('passes forged, broken and unfinished markers untouched', () => {
    const forged = formatMarker(otherNonce, { event: 'result', exitCode: 0 })
    const broken = `\u001E${nonce} begin \u001E${nonce} ${'x'.repeat(200)}\n\u001E\n\u001E`
    const input = `${forged}${broken}${begin.slice(0, -1)}`
    expect(filterChunks([Buffer.from(input)])).toEqual({ text: input, markers: [] })
  })

  it('finds a marker right behind a broken one', () => {
    const { text, markers } = filterChunks([Buffer.from(`${begin.slice(0, 20)}${begin}`)])
    expect(text).toBe(begin.slice(0, 20))
    expect(markers).toHaveLength(1)
  })

  it('holds back no more than the beginning of a marker', () => {
    const filter = new MarkerFilter(nonce)
    expect(Buffer.from(filter.push(Buffer.from(`abc${begin.slice(0, 10)}`)).bytes).toString()).toBe(
      'abc',
    )
    expect(filter.held).toBe(10)
    filter.push(Buffer.from('!'))
    expect(filter.held).toBe(0)
  })

  it('I10: gives the same bytes and markers for every way to cut the input', () => {
    const piece = fc.oneof(
      fc.constantFrom(begin, end, formatMarker(otherNonce, { event: 'result', exitCode: 1 })),
      fc.tuple(fc.constantFrom(begin, end), fc.nat(60)).map(([text, at]) => text.slice(0, at)),
      fc.tuple(fc.constantFrom(begin, end), fc.nat(60)).map(([text, at]) => text.slice(at)),
      fc.constantFrom('\u001E', '\n', 'output\n', 'a', `\u001E${nonce} begin ${'a'.repeat(130)}\n`),
    )
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 }),
        (pieces, sizes) => {
          const input = Buffer.from(pieces.join(''), 'latin1')
          const whole = filterChunks([input])
          // The specification: the text with every whole marker taken out.
          const pattern = new RegExp(
            `\\x1e${nonce} (?:begin [a-z-]{1,64}|end [a-z-]{1,64} (?:0|[1-9][0-9]{0,2})|result (?:0|[1-9][0-9]{0,2}))\\n`,
            'gu',
          )
          expect(whole.text).toBe(input.toString('latin1').replaceAll(pattern, ''))
          expect(filterChunks(cut(input, sizes))).toEqual(whole)
          expect(filterChunks(cut(input, [1]))).toEqual(whole)
        },
      ),
      { numRuns: 1000 },
    )
  })
})

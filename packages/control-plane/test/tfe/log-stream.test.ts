import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { logHead, logPart, logRange, type LogStream } from '../../src/tfe/log-stream.ts'

const etx = 0x03

function read(
  file: Uint8Array,
  stream: LogStream,
  range: { readonly offset: number; readonly limit: number },
): Buffer {
  const part = logPart(stream, range)
  return Buffer.concat([part.head, file.subarray(part.file.start, part.file.end), part.tail])
}

const phases = fc.constantFrom('plan' as const, 'apply' as const)

describe('a log as clients read it', () => {
  it('stands between two markers; an apply after the lines that the client leaves out', () => {
    const file = Buffer.from('text')
    const whole = { offset: 0, limit: 100 }
    const stream = { head: logHead('plan'), bytes: 4, isComplete: true }
    expect(read(file, stream, whole).toString()).toBe('\u0002text\u0003')
    expect(read(file, { ...stream, head: logHead('apply') }, whole).toString()).toBe(
      '\u0002\n\n\ntext\u0003',
    )
    expect(read(file, { ...stream, isComplete: false }, whole).toString()).toBe('\u0002text')
    expect(read(file, stream, { offset: 6, limit: 100 })).toHaveLength(0)
  })

  it('I10: is the same whatever the pieces, while it grows and at its end', () => {
    fc.assert(
      fc.property(
        phases,
        fc.uint8Array({ maxLength: 200 }),
        fc.infiniteStream(fc.nat(200)),
        fc.infiniteStream(fc.integer({ min: 1, max: 64 })),
        (phase, file, growth, limits) => {
          const head = logHead(phase)
          let written = 0
          let got = Buffer.alloc(0)
          for (const limit of limits) {
            const isComplete = written === file.byteLength
            const stream = { head, bytes: written, isComplete }
            const piece = read(file, stream, { offset: got.byteLength, limit })
            expect(piece.byteLength).toBeLessThanOrEqual(limit)
            got = Buffer.concat([got, piece])
            if (isComplete && piece.byteLength === 0) break
            written = Math.min(file.byteLength, written + (growth.next().value ?? 0))
          }
          expect(got).toEqual(Buffer.concat([head, file, Buffer.from([etx])]))
        },
      ),
    )
  })

  it('has a range whatever the query says', () => {
    expect(logRange('/logs/x?limit=10&offset=5')).toEqual({ offset: 5, limit: 10 })
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (path, limit, offset) => {
        const range = logRange(`${path}?limit=${limit}&offset=${offset}`)
        expect(Number.isSafeInteger(range.offset) && range.offset >= 0).toBe(true)
        expect(Number.isSafeInteger(range.limit) && range.limit >= 0).toBe(true)
        expect(range.limit).toBeLessThanOrEqual(1024 ** 2)
      }),
    )
  })
})

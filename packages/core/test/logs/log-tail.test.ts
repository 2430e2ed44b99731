import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { LogTail } from '../../src/logs/index.ts'

describe('LogTail', () => {
  it('gives the end of what was pushed, however it was cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 20 })),
        fc.integer({ min: 1, max: 30 }),
        (pieces, maxBytes) => {
          const tail = new LogTail(maxBytes)
          for (const piece of pieces) tail.push(Buffer.from(piece, 'latin1'))
          const all = Buffer.from(pieces.join(''), 'latin1')
          expect(tail.position).toBe(all.length)
          expect(tail.textSince()).toBe(
            all.subarray(Math.max(0, all.length - maxBytes)).toString('utf8'),
          )
        },
      ),
    )
  })

  it('gives what came since a position, as far as it is kept', () => {
    const tail = new LogTail(6)
    tail.push(Buffer.from('init'))
    const { position } = tail
    tail.push(Buffer.from('plan'))
    expect(tail.textSince(position)).toBe('plan')
    tail.push(Buffer.from('apply'))
    expect(tail.textSince(position)).toBe('napply')
  })

  it('keeps its own copy: a reader may use its buffer again', () => {
    const tail = new LogTail(10)
    const buffer = Buffer.from('before')
    tail.push(buffer)
    buffer.fill('x')
    expect(tail.textSince()).toBe('before')
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { lastLines } from '../../src/job/last-lines.ts'

describe('the last lines of a log', () => {
  it('are all of them when they fit', () => {
    expect(lastLines('one\ntwo\n', 100)).toBe('one\ntwo')
  })

  it('are whole lines', () => {
    expect(lastLines('first\nsecond\nthird\n', 13)).toBe('second\nthird')
    expect(lastLines('first\nsecond\nthird\n', 12)).toBe('second\nthird')
    expect(lastLines('first\nsecond\nthird\n', 11)).toBe('third')
  })

  it('are the end of a line that is too long by itself', () => {
    expect(lastLines(`${'x'.repeat(50)}end`, 5)).toBe('xxend')
    expect(lastLines('x😀end', 4)).toBe('end')
  })

  it('are an end of the text, and never too long', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 12 })),
        fc.integer({ min: 1, max: 60 }),
        (lines, maxChars) => {
          const text = lines.join('\n')
          const last = lastLines(text, maxChars)
          expect(last.length).toBeLessThanOrEqual(maxChars)
          expect(text.trimEnd().endsWith(last)).toBe(true)
        },
      ),
    )
  })
})

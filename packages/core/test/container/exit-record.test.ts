import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import {
  exitRecordOf,
  parseExitRecord,
  parseTerminationMessage,
} from '../../src/container/exit-record.ts'

const whole = `exit 1 7 1234 2 4096 end${' '.repeat(100)}\n`

describe('parseExitRecord', () => {
  it('tells exit code, bytes of output, kills for memory and peak', () => {
    expect(parseExitRecord(whole)).toEqual({
      exitCode: 7,
      outputBytes: 1234,
      oomKills: 2,
      peakBytes: 4096,
    })
    expect(parseExitRecord('exit 1 0 - - - end\nold')).toEqual({
      exitCode: 0,
      outputBytes: undefined,
      oomKills: 0,
      peakBytes: undefined,
    })
  })

  it('I2: no truncated record is a proof of exit', () => {
    for (let length = 0; length < whole.length; length += 1) {
      expect(parseExitRecord(whole.slice(0, length)), `${length} bytes`).toBeUndefined()
    }
  })

  it.each([
    'exit 1 256 1 0 0 end\n',
    'exit 2 0 1 0 0 end\n',
    'exit 1 -1 1 0 0 end\n',
    '\0'.repeat(64),
  ])('I2: %j proves nothing', (text) => expect(parseExitRecord(text)).toBeUndefined())
})

describe('parseTerminationMessage', () => {
  const message = 'exit 1 137 1234 0 4096 end\nmarks killed deadline\n'

  it('tells the exit record and what explains it', () => {
    const found = parseTerminationMessage(message)
    expect(exitRecordOf(found)).toMatchObject({ exitCode: 137, outputBytes: 1234 })
    expect([...found.keys()].toSorted()).toEqual(['deadline', 'exit', 'killed', 'main'])
  })

  it('I2: no message that was cut short proves an exit', () => {
    const marks = message.indexOf('marks') + 'marks'.length
    for (let length = 0; length < marks; length += 1) {
      expect(parseTerminationMessage(message.slice(0, length)).size, `${length} bytes`).toBe(0)
    }
  })

  it('I2: finds nothing but known marks in whatever a job wrote there', () => {
    const known = new Set(['deadline', 'exit', 'killed', 'main', 'over'])
    const words = fc.constantFrom('exit 1 0 1 - - end', 'marks', 'killed', 'not-started', '\n', ' ')
    fc.assert(
      fc.property(fc.array(fc.oneof(words, fc.string())), (parts) => {
        const found = parseTerminationMessage(parts.join(''))
        expect([...found.keys()].filter((name) => !known.has(name))).toEqual([])
        if (found.size > 0) expect(exitRecordOf(found)).toBeDefined()
      }),
    )
  })
})

import { describe, expect, it } from 'vitest'

import {
  followCommand,
  interruptCommand,
  isInterruptAnswer,
} from '../../src/container/exec-commands.ts'

describe('interruptCommand', () => {
  it('I8: names the mark that only one can make, and the signal that goes with it', () => {
    expect(interruptCommand('soft', 'stdout').slice(-2)).toEqual(['soft', 'TERM'])
    expect(interruptCommand('hard', 'stdout').slice(-2)).toEqual(['hard', 'QUIT'])
  })

  it('answers where the engine says nothing of its own', () => {
    expect(interruptCommand('soft', 'stderr')[2]).toMatch(/^exec 1>&2 2>\/dev\/null\n/u)
    expect(followCommand(0, 'stdout')[2]).toMatch(/^exec 2>\/dev\/null\n/u)
  })
})

it('counts bytes from 1, as tail does', () => {
  expect(followCommand(0, 'stdout').at(-1)).toBe('1')
  expect(followCommand(30_000_001, 'stdout').at(-1)).toBe('30000002')
})

it.each([
  ['sent\n', true],
  ['ended\nwhatever', true],
  ['sent', false],
  ['', false],
  ['OCI runtime exec failed', false],
])('takes %j for an answer: %s', (said, expected) => {
  expect(isInterruptAnswer(said)).toBe(expected)
})

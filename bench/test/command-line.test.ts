import { CommanderError } from 'commander'
import { describe, expect, it } from 'vitest'

import type { Bench } from '../src/bench.ts'
import { benches } from '../src/benches.ts'
import { parseCommandLine } from '../src/command-line.ts'

const known: readonly Bench[] = ['one', 'two', 'three'].map((name) => ({
  name,
  description: `measures ${name}`,
  run: () => Promise.resolve([]),
}))

function parse(...argv: readonly string[]) {
  const written = { out: '', err: '' }
  const request = () =>
    parseCommandLine(argv, known, {
      out: (text) => (written.out += text),
      err: (text) => (written.err += text),
    })
  return { request, written }
}

function failureOf(...argv: readonly string[]): { readonly code: number; readonly text: string } {
  const { request, written } = parse(...argv)
  try {
    request()
  } catch (error) {
    if (error instanceof CommanderError) return { code: error.exitCode, text: written.err }
    throw error
  }
  throw new Error('The command line was accepted')
}

describe('the command line of bench', () => {
  it('runs every bench when none is named', () => {
    expect(parse().request()).toEqual({
      benches: known,
      json: false,
      list: false,
      rounds: undefined,
    })
  })

  it('runs the named ones, each once and in their usual order', () => {
    const { benches: chosen } = parse('three', 'one', 'three').request()
    expect(chosen.map(({ name }) => name)).toEqual(['one', 'three'])
  })

  it('takes its options before and behind the names', () => {
    const request = parse('--json', 'two', '--rounds', '7').request()
    expect(request).toMatchObject({ json: true, rounds: 7 })
    expect(parse('--list').request().list).toBe(true)
  })

  it('names the benches that there are when one is unknown', () => {
    expect(failureOf('one', 'tow')).toEqual({
      code: 1,
      text: "error: there is no bench 'tow'. There are: one, two, three.\n",
    })
  })

  it.each(['0', '-1', '1.5', '1e3', 'many', '1001', ''])('refuses %j rounds', (rounds) => {
    const { code, text } = failureOf('--rounds', rounds)
    expect(code).toBe(1)
    expect(text).toContain('whole number from 1 to 1000')
  })

  it('refuses an option that it does not know', () => {
    expect(failureOf('--jsno').text).toContain("unknown option '--jsno'")
  })

  it('shows its benches in its help and ends with 0', () => {
    const { request, written } = parse('--help')
    expect(request).toThrow(CommanderError)
    expect(written.out).toContain('one, two, three')
    expect(failureOf('--help').code).toBe(0)
  })
})

it('no two benches share a name', () => {
  const names = benches.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})

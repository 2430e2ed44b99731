import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { hclString } from '../../src/run/hcl-string.ts'
import { rejectHclValue } from '../../src/run/hcl-value.ts'
import { nastyText } from './support/nasty-text.ts'
import { findTools } from './support/shells.ts'

describe.skipIf(findTools().length === 0).each(findTools())(
  'HCL as real $name reads it',
  ({ path }) => {
    /** Its formatter parses what it is given. */
    const parses = (text: string): boolean =>
      spawnSync(path, ['fmt', '-'], { input: text }).status === 0

    it('reads a quoted text as that text', () => {
      const texts = fc
        .sample(nastyText, { numRuns: 60, seed: 7 })
        .map((text) => text.toWellFormed())
      const directory = mkdtempSync(join(tmpdir(), 'hcl-'))
      try {
        writeFileSync(
          join(directory, 'main.tf'),
          `output "texts" { value = [\n${texts.map((text) => `${hclString(text)},\n`).join('')}] }\n`,
        )
        const run = (...args: readonly string[]): string => {
          const ended = spawnSync(path, args, {
            cwd: directory,
            encoding: 'utf8',
            env: { CHECKPOINT_DISABLE: '1', PATH: process.env['PATH'] ?? '', HOME: directory },
          })
          expect(ended.status, ended.stderr).toBe(0)
          return ended.stdout
        }
        run('apply', '-auto-approve', '-input=false')
        expect(JSON.parse(run('output', '-json', 'texts'))).toEqual(texts)
      } finally {
        rmSync(directory, { recursive: true })
      }
    })

    it('agrees: what is taken never becomes a second assignment', () => {
      const tokens = fc.constantFrom(
        '"',
        '${',
        '}',
        '{',
        '[',
        ']',
        '(',
        ')',
        '\n',
        '=',
        'x',
        '1',
        '#',
        '/*',
        '*/',
        '$',
        '%',
        '<<E\n',
        '\nE',
        '\nE\n',
        '\\',
        ' ',
        ',',
        '%{',
        'if true',
      )
      const values = fc
        .sample(fc.array(tokens, { minLength: 1, maxLength: 12 }), { numRuns: 4000, seed: 11 })
        .map((parts) => parts.join(''))
        .filter((value) => rejectHclValue(value) === undefined)
        .slice(0, 60)
      expect(values.length).toBeGreaterThan(30)
      for (const value of values) {
        // Where our scan and the tool's differed, the line after could become part of the value, or the
        // value more than one line.
        const alone = parses(`a = ${value.trim()}\n`)
        const before = parses(`a = ${value.trim()}\n\nzz = 1\n`)
        expect([value, before]).toEqual([value, alone])
      }
    }, 300_000)
  },
)

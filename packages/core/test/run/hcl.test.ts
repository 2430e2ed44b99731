import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { hclString } from '../../src/run/hcl-string.ts'
import { rejectHclValue } from '../../src/run/hcl-value.ts'
import { nastyText } from './support/nasty-text.ts'

describe('hclString', () => {
  it.each([
    ['plain', '"plain"'],
    ['two\nlines\r\n', String.raw`"two\nlines\r\n"`],
    ['a "b" \\c', String.raw`"a \"b\" \\c"`],
    ['${x} %{y} $x {z}', String.raw`"\u0024{x} \u0025{y} $x {z}"`],
    ['$${x}', String.raw`"$\u0024{x}"`],
    ['$%{x}', String.raw`"$\u0025{x}"`],
    ['größe ☃ 🧊', '"größe ☃ 🧊"'],
    ['bell\u0007', String.raw`"bell\u0007"`],
  ])('%j is %s', (text, quoted) => {
    expect(hclString(text)).toBe(quoted)
  })

  it('is always one expression on one line', () => {
    fc.assert(
      fc.property(nastyText, (text) => {
        const quoted = hclString(text)
        expect(quoted).not.toMatch(/[\r\n]/u)
        expect(rejectHclValue(quoted)).toBeUndefined()
      }),
    )
  })
})

describe('rejectHclValue', () => {
  it.each([
    'null',
    '-1.5e3',
    '"text"',
    '["a", "b"]',
    '{ a = 1, "b" : [true] }',
    '{\n  a = 1 # one\n  b = "}" // two\n  /* ] */\n}',
    '<<EOT\nline ) ] }\nEOT',
    '<<-EOT\n  a ${"x"} %{ if true }y%{ endif }\n  EOT\n',
    '"a ${"in ${"deep"}"} $${not} 100%${"x"}"',
    '[for x in ["a"] : upper(x)]',
    '"\\" \\\\"',
  ])('takes %j', (value) => {
    expect(rejectHclValue(value)).toBeUndefined()
  })

  it.each([
    ['', 'empty'],
    ['# nothing', 'comment'],
    ['[1, 2', "a '[' is never closed"],
    ['1]', "a ']' closes nothing"],
    ['{ a = [1 } ]', "a '}' closes nothing"],
    ['"open', 'a string is never closed'],
    ['"a\nb"', 'over the end of its line'],
    ['1\nother = 2', 'new line'],
    ['"x" # comment\nother = 2', 'new line'],
    ['(1)\nother = (2)', 'new line'],
    ['1)\nother = (2', "a ')' closes nothing"],
    ['<<EOT\nx\nEOT\nother = 1', 'new line'],
    ['<<EOT\nx', 'a heredoc is never closed'],
    ['"${"', 'never closed'],
    ['[1] /* open', 'a comment is never closed'],
    ['"$$${x}"', 'three or more'],
  ])('refuses %j', (value, reason) => {
    expect(rejectHclValue(value)).toContain(reason)
  })
})

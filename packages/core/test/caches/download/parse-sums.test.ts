import { array, assert, property, string, tuple, uniqueArray, constantFrom } from 'fast-check'
import { expect, it } from 'vitest'

import { parseSums } from '../../../src/caches/download/parse-sums.ts'

const sum = 'a'.repeat(64)

it.each([
  [`${sum}  terraform.zip\n`, { 'terraform.zip': sum }],
  [`${sum} *terraform.zip\r\n`, { 'terraform.zip': sum }],
  [`${sum.toUpperCase()}\t./terraform.zip`, { 'terraform.zip': sum }],
  [`${sum}\n`, { '': sum }],
  [`# sums\n\n${'b'.repeat(63)}  short.zip\n${sum}  a.zip\n`, { 'a.zip': sum }],
  ['<html>not found</html>', {}],
])('reads %j', (text, sums) => {
  expect(Object.fromEntries(parseSums(text))).toEqual(sums)
})

it('gives every file of a list its own sum', () => {
  const digits = string({
    unit: constantFrom(...'0123456789abcdef'.split('')),
    minLength: 64,
    maxLength: 64,
  })
  const names = string({
    unit: constantFrom(...'abc_-.019'.split('')),
    minLength: 1,
    maxLength: 12,
  })
  const lists = uniqueArray(tuple(names, digits), { selector: ([name]) => name })
  assert(
    property(lists, (list) => {
      const text = list.map(([name, hex]) => `${hex}  x${name}\n`).join('')
      expect([...parseSums(text)]).toEqual(list.map(([name, hex]) => [`x${name}`, hex]))
    }),
  )
})

it('whatever it is given, a sum is 64 hexadecimal digits', () => {
  const pieces = constantFrom(sum, 'f', ' ', '  ', '*', '\n', './', 'x.zip', '\u0000', 'ſ')
  assert(
    property(array(pieces), (parts) => {
      for (const value of parseSums(parts.join('')).values())
        expect(value).toMatch(/^[0-9a-f]{64}$/u)
    }),
  )
})

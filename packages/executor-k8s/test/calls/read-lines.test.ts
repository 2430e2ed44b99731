import { Readable } from 'node:stream'

import fc from 'fast-check'
import { expect, it } from 'vitest'

import { readLines } from '../../src/calls/read-lines.ts'

async function linesOf(chunks: readonly Buffer[], limitBytes = 1000): Promise<string[]> {
  const lines: string[] = []
  for await (const line of readLines(Readable.from(chunks), limitBytes)) lines.push(line)
  return lines
}

it('gives the same lines however the bytes were cut, also within a character', async () => {
  const line = fc.string({ unit: 'binary', maxLength: 20 }).filter((text) => !text.includes('\n'))
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat(60)), async (lines, cuts) => {
      const whole = Buffer.from(lines.map((text) => `${text}\n`).join(''))
      const chunks: Buffer[] = []
      let start = 0
      for (const cut of cuts) {
        chunks.push(whole.subarray(start, start + cut))
        start += cut
      }
      chunks.push(whole.subarray(start))
      // What is no UTF-8 becomes the same replacement on both sides.
      expect(await linesOf(chunks)).toEqual(lines.map((text) => Buffer.from(text).toString()))
    }),
  )
})

it('gives no half line: the stream was cut there', async () => {
  expect(await linesOf([Buffer.from('one\ntw')])).toEqual(['one'])
})

it('takes no line without end into memory', async () => {
  const endless = Array.from({ length: 20 }, () => Buffer.alloc(100, 'x'))
  await expect(linesOf(endless)).rejects.toThrow('more than 1000 bytes')
})

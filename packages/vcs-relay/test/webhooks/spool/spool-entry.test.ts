import fc from 'fast-check'
import { expect, it } from 'vitest'

import { decodeEntry, encodeEntry } from '../../../src/webhooks/spool/spool-entry.ts'
import { newWebhook } from '../support/spool-entry.ts'

const anyEntry = fc
  .record({
    body: fc.uint8Array({ maxLength: 500 }),
    headers: fc.array(fc.tuple(fc.string(), fc.string({ unit: 'binary' }))),
    deliveryId: fc.option(fc.string(), { nil: undefined }),
    project: fc.option(fc.string(), { nil: undefined }),
  })
  .map((changes) => ({ ...newWebhook('d'), ...changes, id: 'whk-1' }))

it('a file holds every byte of a webhook', () => {
  fc.assert(
    fc.property(anyEntry, (entry) => {
      const read = decodeEntry(encodeEntry(entry))
      expect(Buffer.from(read.body).equals(Buffer.from(entry.body))).toBe(true)
      expect({ ...read, body: undefined }).toEqual({ ...entry, body: undefined })
    }),
  )
})

it('no cut, lengthened or changed file is taken for a webhook', () => {
  fc.assert(
    fc.property(anyEntry, fc.nat(), fc.integer({ min: 1, max: 255 }), (entry, at, change) => {
      const file = encodeEntry(entry)
      const index = at % file.length
      expect(() => decodeEntry(file.subarray(0, index))).toThrow()
      expect(() => decodeEntry(Buffer.concat([file, Buffer.from([change])]))).toThrow()
      const changed = Buffer.from(file)
      changed[index] = (changed[index] ?? 0) ^ change
      expect(() => decodeEntry(changed)).toThrow()
    }),
  )
})

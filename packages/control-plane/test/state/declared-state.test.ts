import { createHash } from 'node:crypto'

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { readDeclaredState, StateError } from '../../src/state/index.ts'
import { stateOf } from '../support/state-of.ts'

const md5 = (content: Uint8Array): string => createHash('md5').update(content).digest('hex')

describe('a state in a document', () => {
  it('is read byte by byte', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.string(),
        fc.dictionary(fc.string(), fc.string()),
        (serial, lineage, values) => {
          const outputs = Object.fromEntries(
            Object.entries(values).map(([name, value]) => [name, { value }]),
          )
          const content = stateOf({ serial, lineage, outputs })
          const state = content.toString('base64')
          const said = { state, md5: md5(content).toUpperCase(), serial, lineage }
          expect(readDeclaredState(said)).toEqual(content)
        },
      ),
    )
  })

  it('I9: is refused when one bit is another', () => {
    const content = stateOf()
    const said = { md5: md5(content), serial: 1, lineage: 'lineage-1' }
    fc.assert(
      fc.property(fc.nat(content.byteLength - 1), fc.nat(7), (at, bit) => {
        const changed = Buffer.from(content)
        changed[at] = (changed[at] ?? 0) ^ (1 << bit)
        const state = changed.toString('base64')
        expect(() => readDeclaredState({ ...said, state })).toThrow(StateError)
      }),
    )
  })

  it('is refused in words, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.base64String(),
          fc.json().map((text) => Buffer.from(text).toString('base64')),
        ),
        fc.integer(),
        (state, serial) => {
          const said = { state, md5: md5(Buffer.from(state, 'base64')), serial }
          expect(() => readDeclaredState(said)).toThrow(StateError)
        },
      ),
    )
  })
})

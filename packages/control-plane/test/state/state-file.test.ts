import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { readStateFile } from '../../src/state/state-file.ts'
import { StateError } from '../../src/state/state-error.ts'
import { stateOf } from '../support/state-of.ts'

describe('reading a state', () => {
  it('tells serial, lineage, outputs and the address of every resource', () => {
    const state = stateOf({
      serial: 7,
      outputs: { url: { value: 'http://x', type: 'string' } },
      resources: [
        { mode: 'managed', type: 'a_b', name: 'c', instances: [{}] },
        { mode: 'data', type: 'd', name: 'e', module: 'module.m', instances: [{ index_key: 'k' }] },
        {
          mode: 'managed',
          type: 'a_b',
          name: 'n',
          instances: [{ index_key: 0 }, { index_key: 1 }],
        },
      ],
    })
    expect(readStateFile(state)).toEqual({
      serial: 7,
      lineage: 'lineage-1',
      outputs: [{ name: 'url', sensitive: false, type: 'string', value: 'http://x' }],
      resources: [
        { address: 'a_b.c', type: 'a_b', module: null, index: null },
        { address: 'module.m.data.d.e["k"]', type: 'd', module: 'module.m', index: 'k' },
        { address: 'a_b.n[0]', type: 'a_b', module: null, index: 0 },
        { address: 'a_b.n[1]', type: 'a_b', module: null, index: 1 },
      ],
    })
  })

  it('I12: leaves the values of sensitive outputs where they are', () => {
    const state = stateOf({
      outputs: { password: { value: 'canary', type: 'string', sensitive: true } },
    })
    const summary = readStateFile(state)
    expect(summary.outputs).toEqual([{ name: 'password', sensitive: true, type: 'string' }])
    expect(JSON.stringify(summary)).not.toContain('canary')
  })

  it.each(['', '{', '[]', '{}', 'null', '{"version":4}', '{"version":3,"serial":1,"lineage":"x"}'])(
    'refuses %j',
    (content) => {
      expect(() => readStateFile(Buffer.from(content))).toThrow(StateError)
    },
  )

  it('refuses whatever is no state, and never quotes it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (content) => {
        expect(() => readStateFile(content)).toThrow(StateError)
      }),
    )
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const canary = { value, version: 4, serial: 'canary-secret', lineage: 1 }
        expect(() => readStateFile(Buffer.from(JSON.stringify(canary)))).toThrow(
          /^(?!.*canary-secret)/u,
        )
      }),
    )
  })
})

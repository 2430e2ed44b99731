import { describe, expect, it } from 'vitest'

import { readSealedRecord, sealDigest } from '../../src/pod/sealed-record.ts'

const digest = sealDigest('a1b2')
const record = 'exit 1 0 5 0 5 end'

describe('readSealedRecord', () => {
  it('believes the record that bears the seal', () => {
    expect(readSealedRecord(`sealed a1b2 ${record}\nmarks killed over\n`, digest)).toEqual({
      kind: 'proven',
      message: `${record}\nmarks killed over\n`,
    })
  })

  it.each([
    ['another seal', `sealed b2a1 ${record}\nmarks\n`],
    ['no seal', `sealed ${record}\nmarks\n`],
    ['nothing at all', 'sealed \nmarks\n'],
    ['the digest, which everybody may read', `sealed ${digest} ${record}\nmarks\n`],
  ])('I2: believes no record that bears %s', (_what, said) => {
    expect(readSealedRecord(said, digest)).toEqual({ kind: 'forged' })
  })

  it('takes half an answer for none: a stream may be cut anywhere', () => {
    const said = `sealed a1b2 ${record}\nmarks killed\n`
    for (let length = 0; length < said.length; length += 1) {
      expect(readSealedRecord(said.slice(0, length), digest)).toEqual({ kind: 'none' })
    }
  })
})

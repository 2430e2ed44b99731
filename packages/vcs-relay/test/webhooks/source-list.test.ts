import { describe, expect, it } from 'vitest'

import { SourceList } from '../../src/webhooks/source-list.ts'

describe('SourceList', () => {
  const list = new SourceList(['10.1.0.0/16', '192.0.2.7', 'fd00::/8'])

  it.each(['10.1.0.0', '10.1.255.255', '192.0.2.7', 'fd12::1', '::ffff:10.1.2.3'])(
    'has %s',
    (address) => expect(list.has(address)).toBe(true),
  )

  it.each([
    '10.2.0.0',
    '192.0.2.8',
    'fe80::1',
    '::1',
    '',
    'nonsense',
    '10.1.0.0.1',
    '::ffff:10.2.0.1',
  ])("has not '%s'", (address) => expect(list.has(address)).toBe(false))

  it('an empty list has nobody', () => {
    expect(new SourceList([]).has('127.0.0.1')).toBe(false)
  })

  it.each([
    '10.0.0.0/33',
    '10.0.0/8',
    'fd00::/129',
    'example.com',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '',
  ])("refuses the entry '%s'", (entry) => expect(() => new SourceList([entry])).toThrow(RangeError))
})

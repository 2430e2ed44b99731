import { describe, expect, it } from 'vitest'

import { ConfigurationError } from '../../src/errors/index.ts'
import { AddressList, senderAddress } from '../../src/serverless/address-list.ts'

describe('a list of addresses', () => {
  const list = new AddressList(['203.0.113.7', '192.0.2.0/24', '2001:db8::/32'])

  it.each([
    ['203.0.113.7', true],
    ['203.0.113.8', false],
    ['192.0.2.255', true],
    ['::ffff:192.0.2.1', true],
    ['2001:db8::1', true],
    ['2001:db9::1', false],
    ['localhost', false],
    ['', false],
    [undefined, false],
  ])('has %s: %s', (address, has) => {
    expect(list.has(address)).toBe(has)
  })

  it.each([
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    'scalr.io',
    '10.1',
  ])('refuses %s', (entry) => {
    expect(() => new AddressList([entry])).toThrow(ConfigurationError)
  })
})

describe('the sender', () => {
  const proxies = new AddressList(['10.0.0.0/8'])

  it('is the peer where no proxy is trusted, whatever the header says', () => {
    expect(senderAddress('198.51.100.1', '192.0.2.1', new AddressList([]))).toBe('198.51.100.1')
    expect(senderAddress('198.51.100.1', '192.0.2.1', proxies)).toBe('198.51.100.1')
  })

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    // What is left of the first stranger was written by that stranger.
    ['192.0.2.1, 198.51.100.1', '198.51.100.1'],
    ['192.0.2.1, 10.0.0.2', '192.0.2.1'],
    ['192.0.2.1, nonsense', '10.0.0.1'],
    ['', '10.0.0.1'],
    [undefined, '10.0.0.1'],
  ])('behind a trusted proxy that says %s is %s', (header, sender) => {
    expect(senderAddress('10.0.0.1', header, proxies)).toBe(sender)
  })
})

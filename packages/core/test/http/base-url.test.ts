import { describe, expect, it } from 'vitest'

import { ConfigurationError } from '../../src/errors/index.ts'
import { parseBaseUrl } from '../../src/http/index.ts'

const parse = (value: string): string => parseBaseUrl(value, 'the control plane').href

describe('parseBaseUrl', () => {
  it.each([
    ['https://acme.scalr.io', 'https://acme.scalr.io/'],
    ['https://acme.scalr.io/prefix//', 'https://acme.scalr.io/prefix'],
    ['http://localhost:8080', 'http://localhost:8080/'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/'],
    ['http://[::1]:8080', 'http://[::1]:8080/'],
    ['http://cp.localhost', 'http://cp.localhost/'],
    // Other spellings of 127.0.0.1, which the URL parser makes plain.
    ['http://2130706433', 'http://127.0.0.1/'],
  ])('takes %s', (value, expected) => {
    expect(parse(value)).toBe(expected)
  })

  it.each([
    'http://acme.scalr.io',
    'http://10.0.0.1',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
    'http://notlocalhost',
    'http://[::2]',
  ])('refuses plain HTTP to another machine: %s', (value) => {
    expect(() => parse(value)).toThrowError(
      expect.objectContaining({
        code: 'INSECURE_URL',
        message: expect.stringContaining('https://'),
      }),
    )
  })

  it.each(['', 'acme.scalr.io', 'ftp://acme.scalr.io', 'https://', 'https://a?b=c', 'https://a#b'])(
    'refuses what is no base URL: %s',
    (value) => {
      expect(() => parse(value)).toThrow(ConfigurationError)
    },
  )

  it('I12: refuses user info and does not repeat it', () => {
    const url = 'https://user:c4n4ry@acme.scalr.io'
    expect(() => parse(url)).toThrow(/user name or password/u)
    expect(() => parse(url)).not.toThrow(/c4n4ry/u)
  })
})

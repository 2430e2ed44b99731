import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { ConfigurationError } from '../../src/errors/index.ts'
import { checkBearerToken, readTokenPayload, urlFromToken } from '../../src/http/index.ts'
import { fakeToken } from './support/tokens.ts'

describe('urlFromToken', () => {
  it('gives the issuer of our tokens and the domain of Scalr’s', () => {
    expect(urlFromToken(fakeToken({ iss: 'https://cp.example.com:8443' }))).toBe(
      'https://cp.example.com:8443',
    )
    expect(urlFromToken(fakeToken({ iss: 'user', domain: 'acme.scalr.io' }))).toBe(
      'https://acme.scalr.io',
    )
  })

  it('says how to go on when the token names neither', () => {
    expect(() => urlFromToken(fakeToken({ iss: 'user', domain: 'a/b?c' }))).toThrow(/SCALR_URL/u)
  })
})

describe('readTokenPayload', () => {
  it('reads times and ignores claims of other types', () => {
    const payload = readTokenPayload(fakeToken({ iat: 1, exp: 2, iss: 7, more: true }))
    expect(payload).toMatchObject({ iat: 1, exp: 2, iss: undefined, more: true })
  })

  const good = fakeToken()
  it.each([
    ['nothing', ''],
    ['a word', 'c4n4ry'],
    ['two parts', 'c4n4ry.c4n4ry'],
    ['white space around', ` ${good}`],
    ['a line break behind', `${good}\n`],
    ['the scheme in front', `Bearer ${good}`],
    ['quotes', `"${good}"`],
    ['a payload that is not JSON', 'eyJ.c4n4ry.sig'],
    ['a payload that is no object', `eyJ.${Buffer.from('[1]').toString('base64url')}.c4n4ry`],
    ['an empty signature', good.replace(/[^.]+$/u, '')],
  ])('I12: refuses %s, tells what a token looks like and does not repeat it', (_what, token) => {
    let error: unknown
    try {
      readTokenPayload(token)
    } catch (caught) {
      error = caught
    }
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error).toMatchObject({ code: 'INVALID_TOKEN' })
    expect(String(error)).toContain('three parts')
    expect(String(error)).not.toContain('c4n4ry')
  })

  it('throws nothing else, whatever it is given', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (a, b, c) => {
        try {
          readTokenPayload(`${a}.${Buffer.from(b).toString('base64url')}.${c}`)
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigurationError)
        }
      }),
    )
  })
})

describe('checkBearerToken', () => {
  it('takes whatever a header may hold, and nothing else', () => {
    expect(checkBearerToken('opaque-token')).toBe('opaque-token')
    for (const token of ['', 'a b', 'a\r\nx-evil: 1', 'tökén']) {
      expect(() => checkBearerToken(token)).toThrow(ConfigurationError)
    }
  })
})

import { describe, expect, it } from 'vitest'

import { parseTarget } from '../../src/policy/index.ts'
import type { RefusalStep } from '../../src/policy/index.ts'

const refused: readonly (readonly [what: string, target: string, step: RefusalStep])[] = [
  ['an empty target', '', 'origin-form'],
  ['absolute form', 'http://evil.example/api/v4/user', 'origin-form'],
  ['absolute form in capitals', 'HTTPS://evil.example/api/v4/user', 'origin-form'],
  ['authority form', 'evil.example:443', 'origin-form'],
  ['asterisk form', '*', 'origin-form'],
  ['a host glued to the base by a dot', '.evil.example/api/v4/user', 'origin-form'],
  ['a user that makes the base a user', '@evil.example/api/v4/user', 'origin-form'],
  ['a port glued to the base', ':8080/api/v4/user', 'origin-form'],
  ['two slashes at the begin', '//evil.example/api/v4/user', 'empty-segment'],
  ['two slashes in the middle', '/api//v4/user', 'empty-segment'],
  ['two slashes at the end', '/api/v4/user//', 'empty-segment'],
  ['two encoded slashes', '/api/v4/projects/a%2F%2Fb', 'empty-segment'],
  ['an encoded slash at the end', '/api/v4/projects/a%2F', 'empty-segment'],
  ['a dot segment', '/api/./v4', 'dot-segment'],
  ['two dots', '/api/v4/../../admin', 'dot-segment'],
  ['two dots at the end', '/api/v4/..', 'dot-segment'],
  ['encoded dots', '/api/v4/%2e%2e/admin', 'dot-segment'],
  ['encoded dots in mixed case', '/api/v4/%2E%2e/admin', 'dot-segment'],
  ['half-encoded dots', '/api/v4/.%2e/admin', 'dot-segment'],
  ['the other half', '/api/v4/%2e./admin', 'dot-segment'],
  ['one encoded dot', '/api/%2e/v4', 'dot-segment'],
  ['dots behind an encoded slash', '/api/v4/projects/a%2F..%2Fb', 'dot-segment'],
  ['encoded dots behind an encoded slash', '/api/v4/projects/a%2F%2e%2E%2fb', 'dot-segment'],
  ['dots with a blank behind', '/api/v4/..%20/admin', 'dot-segment'],
  ['three dots', '/api/v4/.../admin', 'dot-segment'],
  ['dots encoded twice', '/api/v4/%252e%252e/admin', 'double-encoding'],
  ['dots encoded twice, in mixed case', '/api/v4/%252E%252e/admin', 'double-encoding'],
  ['dots encoded three times', '/api/v4/%25252e/admin', 'double-encoding'],
  ['a slash encoded twice', '/api/v4/projects/a%252Fb', 'double-encoding'],
  ['an encoding spread over two', '/api/v4/%25%32%65/admin', 'double-encoding'],
  ['a backslash', '/api/v4\\..\\admin', 'character'],
  ['a backslash at the begin', '/\\evil.example/', 'character'],
  ['an encoded backslash', '/api/v4/a%5Cb', 'encoded-backslash'],
  ['an encoded backslash with dots', '/api/v4/..%5c..%5cadmin', 'encoded-backslash'],
  ['a fragment', '/api/v4/user#x', 'fragment'],
  ['a fragment behind a query', '/api/v4/user?a=b#x', 'fragment'],
  ['a blank', '/api/v4/user HTTP/1.1', 'character'],
  ['a tab', '/api/v4\t/user', 'character'],
  ['a line break', '/api/v4/user\r\nHost: evil.example', 'character'],
  ['NUL', '/api/v4/user\0', 'character'],
  ['DEL', '/api/v4/user\u007f', 'character'],
  ['an encoded NUL', '/api/v4/user%00.json', 'encoded-control'],
  ['an encoded line break', '/api/v4/user%0d%0aHost:x', 'encoded-control'],
  ['an encoded line break in the query', '/api/v4/user?a=%0a', 'encoded-control'],
  ['what is not ASCII', '/api/v4/projécts', 'character'],
  ['a fullwidth slash', '/api／v4', 'character'],
  ['an encoded fullwidth slash', '/api/v4/a%EF%BC%8Fb', 'compatibility-form'],
  ['encoded fullwidth dots', '/api/v4/%EF%BC%8E%EF%BC%8E/admin', 'compatibility-form'],
  ['an encoded fullwidth backslash', '/api/v4/a%EF%BC%BCb', 'compatibility-form'],
  ['overlong UTF-8', '/api/v4/%c0%ae%c0%ae/admin', 'utf-8'],
  ['Latin-1', '/api/v4/caf%E9', 'utf-8'],
  ['a surrogate', '/api/v4/%ED%A0%80', 'utf-8'],
  ['a lone percent sign', '/api/v4/100%', 'percent-encoding'],
  ['a percent sign before no digits', '/api/v4/%zz', 'percent-encoding'],
  ['a percent sign of IIS', '/api/v4/%u002e', 'percent-encoding'],
  ['a path parameter', '/api/v4/user;x=y', 'character'],
  ['a path parameter behind dots', '/api/v4/..;/admin', 'character'],
  ['an encoded semicolon', '/api/v4/..%3B/admin', 'character'],
  ['curly brackets', '/api/{v4}', 'character'],
  ['square brackets', '/api/[v4]', 'character'],
  ['quotes', '/api/"v4"', 'character'],
  ['a pipe', '/api/v4|x', 'character'],
  ['too long a path', `/api/${'a'.repeat(8192)}`, 'length'],
  ['too many segments', '/a'.repeat(65), 'length'],
  ['an empty query', '/api/v4/user?', 'query'],
  ['a semicolon in the query', '/api/v4/user?a=b;private_token=c', 'query'],
  ['an empty parameter', '/api/v4/user?a=b&&c=d', 'query'],
  ['a parameter without a name', '/api/v4/user?=b', 'query'],
  ['a parameter twice', '/x/info/refs?service=git-upload-pack&service=git-receive-pack', 'query'],
  ['a parameter twice, once encoded', '/x?service=a&%73ervice=b', 'query'],
  ['square brackets in the query', '/api/v4/user?a[]=b', 'query'],
  [
    'too many parameters',
    `/x?${Array.from({ length: 65 }, (_, n) => `a${n}=`).join('&')}`,
    'query',
  ],
  ['a query that is no UTF-8', '/x?a=%ff', 'utf-8'],
]

describe('what two parsers could read in two ways is refused, with the step that decided', () => {
  it.each(refused)('I11: %s', (_what, target, step) => {
    expect(parseTarget(target)).toMatchObject({ refusal: { step } })
  })

  it('quotes nothing of a target that may hold a secret', () => {
    for (const [, target] of refused) {
      const parsed = parseTarget(`${target}glpat-canary`)
      expect(JSON.stringify('refusal' in parsed && parsed.refusal)).not.toContain('canary')
    }
  })
})

describe('what can be read in one way is taken as it is', () => {
  it('keeps every byte, and decodes for judging alone', () => {
    const raw =
      '/api/v4/projects/Group%2fsub%2Fp%2Dx/repository/files/caf%C3%A9%20%2b.tf?ref=a+b%2Fc&per_page=2'
    const parsed = parseTarget(raw)
    expect(parsed).toMatchObject({
      target: { raw, trailingSlash: false, rawQuery: 'ref=a+b%2Fc&per_page=2' },
    })
    if (!('target' in parsed)) return
    expect(parsed.target.segments.map((segment) => segment.decoded)).toEqual([
      'api',
      'v4',
      'projects',
      'Group/sub/p-x',
      'repository',
      'files',
      'café +.tf',
    ])
    expect(parsed.target.segments.map((segment) => segment.hasEncodedSlash)).toEqual([
      false,
      false,
      false,
      true,
      false,
      false,
      false,
    ])
    expect(parsed.target.query).toEqual([
      { key: 'ref', value: 'a b/c' },
      { key: 'per_page', value: '2' },
    ])
  })

  it.each([
    ['a percent sign in a name', '/x/100%25.tf', ['x', '100%.tf']],
    ['dots inside of a name', '/x/..a/b../c..d/.e', ['x', '..a', 'b..', 'c..d', '.e']],
    ['signs that paths may hold', "/x/@scope/a~b!$&'()*+,=:c", ['x', '@scope', "a~b!$&'()*+,=:c"]],
    ['a slash at the end', '/x/contents/', ['x', 'contents']],
    ['the root', '/', []],
  ])('%s', (_what, target, segments) => {
    const parsed = parseTarget(target)
    expect('target' in parsed && parsed.target.segments.map(({ decoded }) => decoded)).toEqual(
      segments,
    )
  })

  it('lets lists repeat', () => {
    expect(parseTarget('/x?iids%5B%5D=1&iids%5B%5D=2')).toHaveProperty('target')
  })
})

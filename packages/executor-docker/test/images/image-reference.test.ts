import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { formatImageReference, parseImageReference } from '../../src/images/image-reference.ts'

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`

describe('the name of an image', () => {
  it.each([
    ['busybox', 'docker.io', 'library/busybox', 'latest', undefined],
    ['scalr/terraform:1.11.4', 'docker.io', 'scalr/terraform', '1.11.4', undefined],
    ['index.docker.io/library/busybox', 'docker.io', 'library/busybox', 'latest', undefined],
    ['localhost/tool', 'localhost', 'tool', 'latest', undefined],
    ['registry:5000/a/b/c:v1', 'registry:5000', 'a/b/c', 'v1', undefined],
    ['registry.example.com/a@' + digest, 'registry.example.com', 'a', undefined, digest],
    ['[fd00::1]:5000/a:1', '[fd00::1]:5000', 'a', '1', undefined],
    ['Upper/case', 'Upper', 'case', 'latest', undefined],
    [`a.b/c:1@${digest}`, 'a.b', 'c', '1', digest],
  ])('%s', (text, registry, path, tag, own) => {
    expect(parseImageReference(text)).toEqual({ registry, path, tag, digest: own })
  })

  it.each([
    '',
    ':1',
    'Busybox',
    'a//b',
    'a/b:',
    'a/b:-x',
    'a b',
    'a@sha256:12',
    '/a',
    'a/',
    '../a',
    'registry:port/a',
    'https://registry/a',
    'f'.repeat(256),
    'ab12'.repeat(16),
    'a\nb',
    'a?b=c',
  ])('is not %j', (text) => {
    expect(parseImageReference(text)).toBeUndefined()
  })

  const part = fc.stringMatching(/^[a-z0-9]{1,8}(?:(?:[._]|__|-{1,3})[a-z0-9]{1,8}){0,2}$/u)
  const registries = fc
    .tuple(
      fc.stringMatching(/^[a-z][a-z0-9]{0,8}\.[a-z]{2,5}$/u),
      fc.option(fc.integer({ min: 1, max: 65_535 })),
    )
    .map(([host, port]) => (port === null ? host : `${host}:${port}`))
  const tags = fc.option(fc.stringMatching(/^\w[\w.-]{0,20}$/u))
  const digests = fc.option(fc.constant(digest))

  it('gives back its parts, whatever they are', () => {
    fc.assert(
      fc.property(
        registries,
        fc.array(part, { minLength: 1, maxLength: 4 }),
        tags,
        digests,
        (registry, parts, tag, own) => {
          const path = parts.join('/')
          const text = `${registry}/${path}${tag === null ? '' : `:${tag}`}${own === null ? '' : `@${own}`}`
          const parsed = parseImageReference(text)
          expect(parsed).toEqual({
            registry,
            path,
            tag: tag ?? (own === null ? 'latest' : undefined),
            digest: own ?? undefined,
          })
        },
      ),
    )
  })

  it('read again from its whole form is the same', () => {
    fc.assert(
      fc.property(fc.oneof(part, fc.string(), fc.string({ unit: 'grapheme' })), (text) => {
        const parsed = parseImageReference(text)
        if (parsed === undefined) return
        expect(parseImageReference(formatImageReference(parsed))).toEqual(parsed)
        // What goes into a URL of the engine holds nothing that could lead elsewhere.
        expect(formatImageReference(parsed)).toMatch(/^[\w.:/@[\]+-]+$/u)
      }),
    )
  })
})

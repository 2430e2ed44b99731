import fc from 'fast-check'

import { endpointTables, vcsKinds, type Endpoint, type VcsKind } from '../../src/policy/index.ts'

/** A request as somebody may try it. */
export interface TriedRequest {
  readonly kind: VcsKind
  readonly basePath: string
  readonly method: string
  readonly target: string
}

// What parsers differ over, and a good deal of what they do not.
const nasty = [
  '/',
  '//',
  '\\',
  '.',
  '..',
  '/..',
  '/../',
  '/./',
  '%2e',
  '%2E%2e',
  '.%2e',
  '%2f',
  '%2F',
  '%5c',
  '%5C',
  '%252e',
  '%252F',
  '%00',
  '%0a',
  '%20',
  '%',
  '%zz',
  '%c0%ae',
  '%EF%BC%8F',
  '%E2%80%A4',
  ';',
  '%3b',
  '#',
  '%23',
  '?',
  '%3F',
  '&',
  '=',
  '+',
  '@',
  ':',
  '@evil.example',
  ':80',
  '.evil.example',
  'http://evil.example',
  '[',
  ']',
  '{',
  '|',
  '^',
  '`',
  '"',
  "'",
  '<',
  ' ',
  '\t',
  '\r\n',
  '\0',
  '\u007f',
  'é',
  '／',
  '\u2028',
  '~',
  '!',
  '$',
  '*',
  ',',
  '(',
  ')',
  '%C3%A9',
  '%41',
  '%7e',
  '%E2%98%83',
  '😀',
] as const

const plain = fc.stringMatching(/^[a-z][a-z0-9_-]{0,6}$/u)
const name = fc.oneof(
  { weight: 6, arbitrary: plain },
  { weight: 1, arbitrary: fc.tuple(plain, plain).map(([a, b]) => `${a}.${b}`) },
)
const encodable = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: plain },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          '%41',
          '%C3%A9',
          '%7e',
          '%20',
          '+',
          '@',
          ':',
          ',',
          '=',
          '~',
          '!',
          "'",
          '%25.',
        ),
      },
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((parts) => parts.join(''))
const deep = fc.array(encodable, { minLength: 1, maxLength: 4 })

const slots: Readonly<Record<string, fc.Arbitrary<string>>> = {
  owner: name,
  repo: name,
  'repo.git': fc.tuple(name, fc.constantFrom('', '.git')).map((parts) => parts.join('')),
  project: fc.oneof(
    fc.integer({ min: 1 }).map(String),
    fc
      .tuple(fc.array(name, { minLength: 2, maxLength: 5 }), fc.constantFrom('%2F', '%2f'))
      .map(([names, slash]) => names.join(slash)),
  ),
  'project.git**': fc
    .array(name, { minLength: 2, maxLength: 5 })
    .map((names) => `${names.join('/')}.git`),
  group: fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('%2F')),
  ref: fc.tuple(deep, fc.constantFrom('%2F', '%2f')).map(([parts, slash]) => parts.join(slash)),
  'ref**': fc.tuple(deep, fc.constantFrom('%2F', '/')).map(([parts, slash]) => parts.join(slash)),
  path: deep.map((parts) => parts.join('%2F')),
  'path**': fc.tuple(deep, fc.constantFrom('%2F', '/')).map(([parts, slash]) => parts.join(slash)),
  basehead: fc.tuple(name, name).map((refs) => refs.join('...')),
  'basehead**': fc.tuple(name, name).map((refs) => refs.join('...')),
  'archive**': fc
    .tuple(deep, fc.constantFrom('.tar.gz', '.zip'))
    .map(([parts, end]) => `${parts.join('/')}${end}`),
  int: fc.integer({ min: 1 }).map(String),
  int2: fc.integer({ min: 1 }).map(String),
  sha: fc.stringMatching(/^[0-9a-f]{7,40}$/u),
  name,
}

function pathOf(template: string): fc.Arbitrary<string> {
  const pieces = template
    .split('/')
    .map((piece) => slots[/^\{(.+)\}$/u.exec(piece)?.[1] ?? ''] ?? fc.constant(piece))
  return fc.tuple(...pieces).map((parts) => parts.join('/'))
}

function queryOf(endpoint: Endpoint): fc.Arbitrary<string> {
  if (endpoint.exactQuery !== undefined) return fc.constant(`?${endpoint.exactQuery}`)
  if (endpoint.query.length === 0) return fc.constant('')
  const value = fc.oneof(
    encodable,
    fc.constantFrom('', 'a/b', 'a%2Fb', 'a?b', 'a=b', '%26', '%3B', '%23'),
  )
  return fc
    .uniqueArray(fc.constantFrom(...endpoint.query), { maxLength: 3 })
    .chain((keys) =>
      fc.tuple(...keys.map((key) => value.map((it) => `${encodeURIComponent(key)}=${it}`))),
    )
    .map((pairs) => (pairs.length === 0 ? '' : `?${pairs.join('&')}`))
}

const good: fc.Arbitrary<TriedRequest> = fc
  .constantFrom(...vcsKinds)
  .chain((kind) =>
    fc.tuple(
      fc.constant(kind),
      fc.constantFrom('', '/tools/git'),
      fc.constantFrom(...endpointTables[kind].endpoints),
    ),
  )
  .chain(([kind, basePath, endpoint]) =>
    fc.tuple(pathOf(endpoint.template), queryOf(endpoint)).map(([path, query]) => ({
      kind,
      basePath,
      method: endpoint.method,
      target: `${basePath}${path}${query}`,
    })),
  )

/** Requests that rules are made for, as they are and with something slipped in, and random ones. */
export const triedRequest: fc.Arbitrary<TriedRequest> = fc.oneof(
  { weight: 3, arbitrary: good },
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        good,
        fc.array(fc.tuple(fc.nat(), fc.constantFrom(...nasty)), { minLength: 1, maxLength: 3 }),
      )
      .map(([request, slips]) => ({
        ...request,
        target: slips.reduce((target, [at, slip]) => {
          const index = at % (target.length + 1)
          return `${target.slice(0, index)}${slip}${target.slice(index)}`
        }, request.target),
      })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(good, fc.array(fc.constantFrom(...nasty, 'api', 'v4'), { maxLength: 8 }))
      .map(([request, parts]) => ({ ...request, target: `/${parts.join('')}` })),
  },
)

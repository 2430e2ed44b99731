import fc from 'fast-check'

import { endpointTables, vcsKinds, type Endpoint, type VcsKind } from '../../src/policy/index.ts'
import { encodable, nasty, pathOf, plain, slots } from './target-parts.ts'

/** A request as somebody may try it. */
export interface TriedRequest {
  readonly kind: VcsKind
  readonly basePath: string
  readonly method: string
  readonly target: string
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

// Whole segments, as a climber would put them where a path or ref is expected.
const climbing = fc
  .array(
    fc.oneof(
      plain,
      fc.constantFrom(
        '.',
        '..',
        '%2e',
        '%2E%2e',
        '.%2e',
        '..%20',
        '...',
        '%2e%2e%2f',
        '',
        '\\',
        '%5c',
      ),
      fc.constantFrom(
        '..;',
        '%252e%252e',
        '%c0%ae%c0%ae',
        '%EF%BC%8E%EF%BC%8E',
        '%E2%80%A5',
        '..%00',
      ),
    ),
    { minLength: 1, maxLength: 5 },
  )
  .chain((parts) => fc.constantFrom('/', '%2F', '%2f').map((slash) => parts.join(slash)))

const climber: fc.Arbitrary<TriedRequest> = fc
  .constantFrom(...vcsKinds)
  .chain((kind) =>
    fc.tuple(
      fc.constant(kind),
      fc.constantFrom(
        ...endpointTables[kind].endpoints.filter(({ template }) =>
          /\{(?:path|ref|project)/u.test(template),
        ),
      ),
    ),
  )
  .chain(([kind, endpoint]) => {
    const fillings = {
      ...slots,
      path: climbing,
      'path**': climbing,
      ref: climbing,
      'ref**': climbing,
    }
    return pathOf(endpoint.template, { ...fillings, 'project.git**': climbing }).map((target) => ({
      kind,
      basePath: '',
      method: endpoint.method,
      target,
    }))
  })

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
  { weight: 3, arbitrary: climber },
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

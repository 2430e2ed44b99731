import { parse as parseLegacy } from 'node:url'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { parseTarget, RelayPolicy } from '../../src/policy/index.ts'
import { triedRequest } from '../support/target-arbitrary.ts'
import { origin, readingOf, strictReading, type UrlReading } from '../support/url-readings.ts'

const ours = (target: string): UrlReading => {
  const parsed = parseTarget(target)
  if (!('target' in parsed)) throw new Error('refused')
  return {
    host: 'git.example.com',
    segments: parsed.target.segments.map(({ decoded }) => decoded),
    query: parsed.target.query.map(({ key, value }) => [key, value] as const),
  }
}

const readers: Readonly<Record<string, (target: string) => UrlReading>> = {
  'WHATWG, glued to the origin': (target) => {
    const url = new URL(`${origin}${target}`)
    return readingOf(url.host, url.pathname, url.search.slice(1))
  },
  'WHATWG, relative to the origin': (target) => {
    const url = new URL(target, origin)
    return readingOf(url.host, url.pathname, url.search.slice(1))
  },
  'node:url as it was before WHATWG': (target) => {
    const url = parseLegacy(`${origin}${target}`)
    return readingOf(url.host ?? '', url.pathname ?? '', url.query ?? '')
  },
  'RFC 3986, to the letter': strictReading,
}

describe('I11: whoever parses a target that was accepted reads what we read', () => {
  it.each(Object.entries(readers))('%s', (_name, read) => {
    let accepted = 0
    fc.assert(
      fc.property(triedRequest, ({ kind, basePath, method, target }) => {
        const policy = new RelayPolicy({
          kind,
          basePath,
          policy: { write: ['statuses', 'checks', 'comments', 'hooks'] },
        })
        const decision = policy.decide(method, target)
        if (!decision.allowed) return
        accepted += 1
        expect(decision.target.raw).toBe(target)
        expect(read(target)).toEqual(ours(target))
      }),
      { numRuns: 3000 },
    )
    // Otherwise it would prove nothing.
    expect(accepted).toBeGreaterThan(600)
  })

  it('the readers do differ over what is refused', () => {
    const target = '/api/v4/projects/1/../../admin'
    expect(readers['WHATWG, glued to the origin']?.(target).segments).toEqual([
      'api',
      'v4',
      'admin',
    ])
    expect(parseTarget(target)).toHaveProperty('refusal')
  })
})

describe('I11: a project cannot be talked around', () => {
  it('no accepted target is of a project that is not allowed, decoded or not', () => {
    fc.assert(
      fc.property(triedRequest, ({ kind, basePath, method, target }) => {
        const open = new RelayPolicy({ kind, basePath })
        const closed = new RelayPolicy({ kind, basePath, policy: { allowedProjects: [] } })
        const decision = closed.decide(method, target)
        const before = open.decide(method, target)
        if (!before.allowed) expect(decision.allowed).toBe(false)
        else if (before.endpoint.scope === 'account') expect(decision.allowed).toBe(true)
        else expect(decision.allowed).toBe(false)
      }),
      { numRuns: 3000 },
    )
  })
})

import { describe, expect, it } from 'vitest'

import {
  isProviderPattern,
  matchesProvider,
  parseProviderAddress,
} from '../../../src/caches/providers/provider-address.ts'

const time = { host: 'registry.terraform.io', namespace: 'hashicorp', type: 'time' }

describe('provider addresses', () => {
  it.each([
    ['registry.terraform.io/hashicorp/time', true],
    ['registry.terraform.io/hashicorp/*', true],
    ['registry.terraform.io/*/*', true],
    ['*/*/*', true],
    ['hashicorp/time', true],
    ['hashicorp/*', true],
    ['registry.opentofu.org/hashicorp/time', false],
    ['registry.terraform.io/other/*', false],
    ['other/time', false],
  ])('%s covers hashicorp/time: %s', (pattern, covers) => {
    expect(isProviderPattern(pattern)).toBe(true)
    expect(matchesProvider(pattern, time)).toBe(covers)
  })

  it('takes a pattern without host for the public registries alone', () => {
    expect(matchesProvider('hashicorp/time', { ...time, host: 'private.example.com' })).toBe(false)
    expect(matchesProvider('hashicorp/time', { ...time, host: 'registry.opentofu.org' })).toBe(true)
  })

  it.each([
    '*/hashicorp/time',
    'registry.terraform.io/*/time',
    'time',
    'a/b/c/d',
    '',
    'a b/*/*',
    '*/*/time',
  ])('refuses the pattern %j, as the tools do', (pattern) => {
    expect(isProviderPattern(pattern)).toBe(false)
  })

  it('knows hosts with a port, and no name that is a path', () => {
    expect(parseProviderAddress('localhost:8443/a/b')).toEqual({
      host: 'localhost:8443',
      namespace: 'a',
      type: 'b',
    })
    for (const text of ['a/../b', 'a/b/..', '../b/c', 'a/b', 'a/b/c/d', 'a/b/', 'a/b/C', 'a//c']) {
      expect(parseProviderAddress(text)).toBeUndefined()
    }
  })
})

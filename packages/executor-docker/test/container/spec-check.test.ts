import type { WorkloadSpec } from '@scalr-agent/core'
import { describe, expect, it } from 'vitest'

import { checkNetwork, checkSpec, parseUser } from '../../src/container/spec-check.ts'
import { shellSpec } from '../support/workloads.ts'

const block = { metadata: 'block' } as const

describe('checkSpec', () => {
  it('has nothing against an ordinary spec', () => {
    expect(() => checkSpec(shellSpec('true'), block)).not.toThrow()
  })

  it.each<readonly [string, Partial<WorkloadSpec>]>([
    ['an upper-case id', { id: 'Job' }],
    ['a directory that climbs', { directory: '../x' }],
    ['an empty program', { argv: [''] }],
    ['a variable that no shell hands on', { env: { 'TF_VAR_my-var': 'x' } }],
    ['a user by name', { user: 'root' }],
    ['a relative cache', { caches: [{ name: 'x', source: 'cache' }] }],
    ["a label of the executor's own", { labels: { 'io.scalr.agent.workload': 'other' } }],
    ['a deadline of 0', { deadlineMs: 0 }],
    ["the machine's own network", { network: 'host' }],
    ["another container's network", { network: 'container:db' }],
  ])('refuses %s', (_what, changes) => {
    expect(() => checkSpec(shellSpec('true', changes), block)).toThrowError(
      expect.objectContaining({ code: 'INVALID_SPEC' }),
    )
  })

  it('lets `metadata: allow` use the network of the machine', () => {
    const spec = shellSpec('true', { network: 'host' })
    expect(() => checkSpec(spec, { metadata: 'allow' })).not.toThrow()
    expect(() => checkNetwork(spec, 'host')).toThrow(/metadata service/u)
  })

  it('I12: shows no value of a variable that it refuses', () => {
    const spec = shellSpec('true', { secretEnv: { TOKEN: 'canary\0' } })
    expect(() => checkSpec(spec, block)).toThrowError(expect.not.stringContaining('canary'))
  })
})

it.each([
  ['0', { uid: 0, gid: 0 }],
  ['1000:50', { uid: 1000, gid: 50 }],
  ['4294967295', undefined],
  ['me', undefined],
  ['1:2:3', undefined],
])('parseUser reads %s', (text, expected) => {
  expect(parseUser(text)).toEqual(expected)
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { checkSpec, isId } from '../../src/container/check-spec.ts'
import { executorErrors } from '../../src/container/executor-errors.ts'
import { parseUser } from '../../src/container/unix-user.ts'
import type { WorkloadSpec } from '../../src/executor/index.ts'

const canary = 'canary-5b1c'
const makeError = executorErrors('mine')
const spec: WorkloadSpec = {
  id: 'job-1',
  agentId: 'agent-1',
  directory: 'run-1',
  argv: ['/bin/sh', '-c', 'true'],
  env: {},
  secretEnv: {},
  resources: {},
  caches: [],
  labels: {},
  startTimeoutMs: 1000,
}

describe('checkSpec', () => {
  it('accepts what can be carried out', () => {
    expect(() => checkSpec({ ...spec, deadlineMs: 1 }, makeError)).not.toThrow()
  })

  it.each<readonly [string, Partial<WorkloadSpec>]>([
    ['an id that leaves the directory', { id: '../x' }],
    ['an id with capitals', { id: 'Job' }],
    ['an empty id', { id: '' }],
    ['an id of 64 characters', { id: 'a'.repeat(64) }],
    ['a directory with a slash', { directory: 'a/b' }],
    ['a hidden directory', { directory: '.git' }],
    ['no agent', { agentId: '' }],
    ['NUL in argv', { argv: ['a\0b'] }],
    ['empty argv', { argv: [''] }],
    ['a variable that a shell drops', { secretEnv: { 'a-b': canary } }],
    ['NUL in a variable', { secretEnv: { A: `${canary}\0` } }],
    ['a cache that climbs', { caches: [{ name: '..', source: '/tmp' }] }],
    ['a relative cache', { caches: [{ name: 'c', source: 'tmp' }] }],
    ['no memory', { resources: { memoryBytes: 0 } }],
    ['endless CPU', { resources: { cpus: Number.POSITIVE_INFINITY } }],
    ['no time', { startTimeoutMs: 0 }],
    ['a deadline in the past', { deadlineMs: -1 }],
    ['a user by name', { user: 'root' }],
  ])('I12: refuses %s, and shows no secret', (_name, changes) => {
    let thrown: unknown
    try {
      checkSpec({ ...spec, ...changes }, makeError)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({ name: 'ExecutorError', code: 'INVALID_SPEC', executor: 'mine' })
    expect(String(thrown)).not.toContain(canary)
  })
})

describe('isId', () => {
  it('knows the labels of RFC 1123 alone', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 70 }), (text) => {
        const isLabel =
          text.length > 0 &&
          text.length <= 63 &&
          text.replaceAll(/[a-z0-9-]/gu, '') === '' &&
          !text.startsWith('-') &&
          !text.endsWith('-')
        expect(isId(text)).toBe(isLabel)
      }),
    )
  })
})

describe('parseUser', () => {
  it('takes the user for the group when no group is given, never root', () => {
    expect(parseUser('1000')).toEqual({ uid: 1000, gid: 1000 })
    expect(parseUser('1000:50')).toEqual({ uid: 1000, gid: 50 })
    expect(parseUser('0')).toEqual({ uid: 0, gid: 0 })
  })

  it.each(['', 'root', '1000:', ':1', '-1', '4294967295', '1:4294967295', '1 ', '0x1', '1:2:3'])(
    'refuses %j',
    (text) => expect(parseUser(text)).toBeUndefined(),
  )
})

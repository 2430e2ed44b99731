import { describe, expect, it } from 'vitest'

import { checkSpec, parseUser } from '../src/spec-check.ts'
import { shellSpec } from './support/workloads.ts'

const canary = 'canary-5b1c'

describe('checkSpec', () => {
  it('accepts what can be carried out', () => {
    expect(() => checkSpec(shellSpec('job-1', 'true', { deadlineMs: 1 }))).not.toThrow()
  })

  it.each([
    ['an id that leaves the directory', shellSpec('../x', 'true')],
    ['an id with capitals', shellSpec('Job', 'true')],
    ['an empty id', shellSpec('', 'true')],
    ['an id of 64 characters', shellSpec('a'.repeat(64), 'true')],
    ['a directory with a slash', shellSpec('a', 'true', { directory: 'a/b' })],
    ['a hidden directory', shellSpec('a', 'true', { directory: '.git' })],
    ['NUL in argv', shellSpec('a', 'a\0b')],
    ['empty argv', shellSpec('a', 'x', { argv: [''] })],
    ['a variable that a shell drops', shellSpec('a', 'x', { secretEnv: { 'a-b': canary } })],
    ['NUL in a variable', shellSpec('a', 'x', { secretEnv: { A: `${canary}\0` } })],
    ['a cache that climbs', shellSpec('a', 'x', { caches: [{ name: '..', source: '/tmp' }] })],
    ['a relative cache', shellSpec('a', 'x', { caches: [{ name: 'c', source: 'tmp' }] })],
    ['no memory', shellSpec('a', 'x', { resources: { memoryBytes: 0 } })],
    ['endless CPU', shellSpec('a', 'x', { resources: { cpus: Number.POSITIVE_INFINITY } })],
    ['no time', shellSpec('a', 'x', { startTimeoutMs: 0 })],
    ['a deadline in the past', shellSpec('a', 'x', { deadlineMs: -1 })],
  ])('I12: refuses %s, and shows no secret', (_name, spec) => {
    let thrown: unknown
    try {
      checkSpec(spec)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({
      name: 'ExecutorError',
      code: 'INVALID_SPEC',
      executor: 'process',
    })
    expect(String(thrown)).not.toContain(canary)
  })
})

describe('parseUser', () => {
  it('takes the user for the group when no group is given, never root', () => {
    expect(parseUser('1000')).toEqual({ uid: 1000, gid: 1000 })
    expect(parseUser('1000:50')).toEqual({ uid: 1000, gid: 50 })
  })

  it.each(['', 'root', '1000:', ':1', '-1', '4294967295', '1:4294967295', '1 ', '0x1'])(
    'refuses %j',
    (text) => expect(parseUser(text)).toBeUndefined(),
  )
})

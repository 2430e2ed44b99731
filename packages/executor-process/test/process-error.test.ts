import { ExecutorError } from '@scalr-agent/core'
import { describe, expect, it } from 'vitest'

import { toProcessError, unless } from '../src/process-error.ts'

const context = { phase: 'launch', doing: 'launch workload `job-1`' }

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: failed, open '/data/x'`), {
    code,
    syscall: 'open',
    path: '/data/x',
  })
}

describe('toProcessError', () => {
  it.each([
    ['ENOSPC', 'UNAVAILABLE', true],
    ['EDQUOT', 'UNAVAILABLE', true],
    ['EMFILE', 'UNAVAILABLE', true],
    ['EAGAIN', 'UNAVAILABLE', true],
    ['EACCES', 'UNAVAILABLE', false],
    ['EROFS', 'UNAVAILABLE', false],
    ['E2BIG', 'INVALID_SPEC', false],
    ['EIO', 'ENGINE_FAILURE', false],
    ['EWHATEVER', 'ENGINE_FAILURE', false],
  ])('%s becomes %s with what was done and the cause', (system, code, retryable) => {
    const cause = systemError(system)
    const error = toProcessError(cause, context)
    expect(error).toBeInstanceOf(ExecutorError)
    expect(error).toMatchObject({ code, retryable, cause, executor: 'process', phase: 'launch' })
    expect(error.message).toMatch(/^Cannot launch workload `job-1`: .*\.$/u)
  })

  it('leaves errors of the family as they are', () => {
    const error = toProcessError(systemError('ENOSPC'), context)
    expect(toProcessError(error, { phase: 'x', doing: 'y' })).toBe(error)
  })
})

describe('unless', () => {
  it('answers undefined for the named codes alone', async () => {
    const failing = (code: string) => () => Promise.reject(systemError(code))
    expect(await unless(['ENOENT'], failing('ENOENT'))).toBeUndefined()
    await expect(unless(['ENOENT'], failing('EIO'))).rejects.toMatchObject({ code: 'EIO' })
  })
})

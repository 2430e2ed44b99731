import { ExecutorError } from '@scalr-agent/core'
import { describe, expect, it } from 'vitest'

import { isEngineAway, isNotRunning, toDockerError } from '../src/docker-error.ts'

const context = { phase: 'launch', doing: 'launch workload `job-1`' }

function answered(statusCode: number, message: string): Error {
  const text = `(HTTP code ${statusCode}) unexpected - ${message} `
  return Object.assign(new Error(text), { statusCode, json: { message } })
}

describe('isNotRunning', () => {
  it('knows both ways in which engines say that a container has ended', () => {
    const words = 'Container 37e00e2c is not running: Exited (137) Less than a second ago'
    expect(isNotRunning(answered(409, 'Container 37e00e2c is not running'))).toBe(true)
    expect(isNotRunning(answered(500, words))).toBe(true)
    expect(isNotRunning(answered(500, 'something broke'))).toBe(false)
    expect(isNotRunning(answered(404, 'No such container'))).toBe(false)
    expect(isNotRunning(new Error('it is not running'))).toBe(false)
  })
})

describe('toDockerError', () => {
  it.each([
    [
      Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
      'UNAVAILABLE',
      true,
    ],
    [new Error('socket hang up'), 'UNAVAILABLE', true],
    [Object.assign(new Error('connect EACCES'), { code: 'EACCES' }), 'REJECTED', false],
    [answered(500, 'write /x: no space left on device'), 'UNAVAILABLE', true],
    [answered(400, 'Minimum memory limit allowed is 6MB'), 'REJECTED', false],
    [answered(500, 'something broke'), 'ENGINE_FAILURE', false],
  ])('%s becomes %s', (error, code, retryable) => {
    expect(toDockerError(error, context)).toMatchObject({
      name: 'ExecutorError',
      code,
      retryable,
      executor: 'docker',
      phase: 'launch',
    })
  })

  it("says what was being done and the engine's own words, without dockerode's", () => {
    const { message } = toDockerError(answered(500, 'something broke.'), context)
    expect(message).toBe(
      'Cannot launch workload `job-1`: the Docker engine failed: something broke.',
    )
  })

  it('leaves our own errors as they are', () => {
    const own = new ExecutorError('x', { executor: 'docker', phase: 'p', code: 'REJECTED' })
    expect(toDockerError(own, context)).toBe(own)
  })
})

it.each([
  [answered(503, 'starting'), true],
  [answered(404, 'No such container'), false],
  [Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }), true],
  [new TypeError('a fault of ours'), false],
])('isEngineAway(%s) is %s', (error, expected) => {
  expect(isEngineAway(error)).toBe(expected)
})

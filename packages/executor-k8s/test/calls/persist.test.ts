import type { Clock } from '@scalr-agent/core'
import { expect, it } from 'vitest'

import { KubeAnswerError } from '../../src/calls/kube-answer-error.ts'
import { giveUpAfter, persist } from '../../src/calls/persist.ts'

const call = { verb: 'get', resource: 'pods' }
const away = (): Error => Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })

/** A clock that never waits, and remembers what it was asked to. */
function clockOf(slept: number[], onSleep: () => void = () => {}): Clock {
  return {
    now: () => new Date(0),
    monotonicMs: () => 0,
    sleep: async (ms, options) => {
      slept.push(ms)
      onSleep()
      options?.signal?.throwIfAborted()
    },
  }
}

it('asks until the server answers, with growing pauses that have an end, and tells each time', async () => {
  const slept: number[] = []
  let tries = 0
  const told: unknown[] = []
  const answer = await persist(
    clockOf(slept),
    new AbortController().signal,
    async () => {
      tries += 1
      if (tries < 12) throw away()
      return 'there'
    },
    (error) => told.push(error),
  )
  expect(answer).toBe('there')
  expect(told).toHaveLength(11)
  expect(Math.min(...slept)).toBeGreaterThanOrEqual(100)
  expect(Math.max(...slept)).toBeLessThanOrEqual(5000)
  expect(slept.at(-1)).toBeGreaterThan(2000)
})

it('waits at least as long as the server said (Retry-After)', async () => {
  const slept: number[] = []
  let tries = 0
  await persist(clockOf(slept), new AbortController().signal, async () => {
    tries += 1
    if (tries === 1) {
      throw new KubeAnswerError(call, { status: 429, body: 'slow down', retryAfter: '9' })
    }
  })
  expect(slept).toHaveLength(1)
  expect(slept[0]).toBeGreaterThanOrEqual(9000)
})

it('gives up at once on what no waiting mends', async () => {
  const slept: number[] = []
  const forbidden = new KubeAnswerError(call, { status: 403, body: 'no' })
  await expect(
    persist(clockOf(slept), new AbortController().signal, async () => {
      throw forbidden
    }),
  ).rejects.toBe(forbidden)
  expect(slept).toEqual([])
})

it("ends with the signal's reason", async () => {
  const stop = new AbortController()
  const reason = new Error('enough')
  const clock = clockOf([], () => stop.abort(reason))
  const asking = persist(clock, stop.signal, async () => {
    throw away()
  })
  await expect(asking).rejects.toBe(reason)
})

it('hands the last error to a caller whose patience is over', async () => {
  let nowMs = 0
  const clock: Clock = { ...clockOf([], () => (nowMs += 1000)), monotonicMs: () => nowMs }
  const errors: Error[] = []
  const asking = persist(
    clock,
    new AbortController().signal,
    async () => {
      errors.push(away())
      throw errors.at(-1)
    },
    giveUpAfter(clock, 5000),
  )
  await expect(asking).rejects.toSatisfy((error) => error === errors.at(-1))
  expect(errors).toHaveLength(6)
})

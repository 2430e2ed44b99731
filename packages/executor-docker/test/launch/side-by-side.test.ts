import { setImmediate } from 'node:timers/promises'

import { expect, it } from 'vitest'

import { sideBySide } from '../../src/launch/side-by-side.ts'

const never = new AbortController().signal

it('starts all parts at once', async () => {
  const first = Promise.withResolvers<void>()
  await sideBySide(never, [async () => await first.promise, async () => first.resolve()])
})

it('I3: throws the first failure only when the other parts are over', async () => {
  const failure = new Error('refused')
  const told = Promise.withResolvers<void>()
  const tidied = Promise.withResolvers<void>()
  const slow = async (signal: AbortSignal): Promise<void> => {
    signal.addEventListener('abort', () => told.resolve(), { once: true })
    await told.promise
    await tidied.promise
    signal.throwIfAborted()
  }
  const failing = async (): Promise<void> => {
    throw failure
  }
  let isOver = false
  const whole = sideBySide(never, [slow, failing]).finally(() => (isOver = true))
  whole.catch(() => {})
  await told.promise
  await setImmediate()
  expect(isOver).toBe(false)
  tidied.resolve()
  await expect(whole).rejects.toBe(failure)
})

it("ends with the caller's reason when the caller gives up", async () => {
  const caller = new AbortController()
  const reason = new Error('no longer wanted')
  const part = async (signal: AbortSignal): Promise<void> => {
    caller.abort(reason)
    signal.throwIfAborted()
  }
  await expect(sideBySide(caller.signal, [part])).rejects.toBe(reason)
})

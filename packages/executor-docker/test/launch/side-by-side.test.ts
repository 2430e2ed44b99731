import { expect, it } from 'vitest'

import { sideBySide } from '../../src/launch/side-by-side.ts'

const never = new AbortController().signal

it('starts all parts at once', async () => {
  const first = Promise.withResolvers<void>()
  await sideBySide(never, [async () => await first.promise, async () => first.resolve()])
})

it('I3: throws the first failure only when the other parts are over', async () => {
  const events: string[] = []
  const failure = new Error('refused')
  const stopped = async (signal: AbortSignal): Promise<void> => {
    const aborted = Promise.withResolvers<void>()
    signal.addEventListener('abort', () => aborted.resolve(), { once: true })
    await aborted.promise
    // Tidying takes a while.
    await Promise.resolve().then(() => events.push('stopped'))
    signal.throwIfAborted()
  }
  const failing = async (): Promise<void> => {
    await Promise.resolve()
    throw failure
  }
  const whole = sideBySide(never, [stopped, failing]).catch((error: unknown) => {
    events.push('thrown')
    return error
  })
  expect(await whole).toBe(failure)
  expect(events).toEqual(['stopped', 'thrown'])
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

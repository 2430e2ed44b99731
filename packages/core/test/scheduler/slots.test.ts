import { describe, expect, it } from 'vitest'

import { IllegalStateError } from '../../src/errors/index.ts'
import { Slots } from '../../src/scheduler/index.ts'

describe('slots', () => {
  it('are as many as asked for, and no more', () => {
    const slots = new Slots(5)
    const reserved = Array.from({ length: 6 }, () => slots.reserve())
    expect(reserved.filter((slot) => slot !== undefined)).toHaveLength(5)
    expect(slots.free).toBe(0)
  })

  it('come back by release, once', () => {
    const slots = new Slots(1)
    const slot = slots.reserve()
    slot?.release()
    expect(slots.free).toBe(1)
    expect(() => slot?.release()).toThrow(IllegalStateError)
    expect(slots.free).toBe(1)
  })

  it('wake who waits for one', async () => {
    const slots = new Slots(1)
    const slot = slots.reserve()
    const { signal } = new AbortController()
    let woken = false
    const waiting = slots.whenFree({ signal }).then(() => (woken = true))
    await Promise.resolve()
    expect(woken).toBe(false)
    slot?.release()
    await waiting
    expect(woken).toBe(true)
  })

  it('let a waiter go when its signal aborts', async () => {
    const slots = new Slots(1)
    slots.reserve()
    const abort = new AbortController()
    const waiting = slots.whenFree({ signal: abort.signal })
    abort.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
  })

  it('tell of every change', () => {
    const changes: string[] = []
    const slots = new Slots(2, (change, slot) => changes.push(`${change} ${slot}`))
    const first = slots.reserve()
    slots.reserve()
    first?.release()
    expect(changes).toEqual(['reserve 1', 'reserve 2', 'release 1'])
  })
})

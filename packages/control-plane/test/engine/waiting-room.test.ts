import { describe, expect, it } from 'vitest'

import { WaitingRoom } from '../../src/engine/waiting-room.ts'
import { FakeClock } from '../support/fake-clock.ts'

const forever = new AbortController().signal

describe('the waiting room', () => {
  it('asks only as many as there is something for, longest waiting first', async () => {
    const room = new WaitingRoom(new FakeClock())
    const asked: number[] = []
    let jobs = 0
    const waits = [1, 2, 3].map((one) =>
      room.wait({
        key: 'jobs',
        owner: `agent-${one}`,
        waitMs: 1000,
        signal: forever,
        attempt: () => {
          asked.push(one)
          if (jobs === 0) return undefined
          jobs -= 1
          return one
        },
      }),
    )
    asked.length = 0
    jobs = 1
    room.wake('jobs', () => jobs > 0)
    expect(asked).toEqual([1])
    jobs = 2
    room.wake('jobs', () => jobs > 0)
    expect(asked).toEqual([1, 2, 3])
    expect(await Promise.all(waits)).toEqual([1, 2, 3])
  })

  it('ends the wait of one owner alone', async () => {
    const room = new WaitingRoom(new FakeClock())
    let gone = false
    const wait = (owner: string) =>
      room.wait<string>({
        key: 'jobs',
        owner,
        waitMs: 1000,
        signal: forever,
        attempt: () => {
          if (gone && owner === 'one') throw new Error('session gone')
          return undefined
        },
      })
    const [one, two] = [wait('one'), wait('two')]
    gone = true
    room.recheck('one')
    await expect(one).rejects.toThrow('session gone')
    room.close()
    expect(await two).toBeUndefined()
    expect(await wait('three')).toBeUndefined()
  })
})

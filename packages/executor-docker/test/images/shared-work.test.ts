import { describe, expect, it } from 'vitest'

import { SharedWork } from '../../src/images/shared-work.ts'

const { signal } = new AbortController()

describe('work that is shared', () => {
  it('runs once for all who ask, and anew for who asks later', async () => {
    const shared = new SharedWork<number>()
    let runs = 0
    const work = async (): Promise<number> => {
      runs += 1
      return runs
    }
    expect(
      await Promise.all([1, 2, 3].map(async () => await shared.run('a', signal, work))),
    ).toEqual([1, 1, 1])
    expect(await shared.run('a', signal, work)).toBe(2)
    expect(await shared.run('b', signal, work)).toBe(3)
  })

  it('tells its failure to all, and keeps none of it', async () => {
    const shared = new SharedWork<number>()
    const fail = async (): Promise<number> => {
      throw new Error('broken')
    }
    const both = [1, 2].map(async () => await shared.run('a', signal, fail))
    await expect(both[0]).rejects.toThrow('broken')
    await expect(both[1]).rejects.toThrow('broken')
    await expect(shared.run('a', signal, async () => 1)).resolves.toBe(1)
  })

  it('goes on when one who asked has gone, and is given up when all have', async () => {
    const shared = new SharedWork<number>()
    let given: AbortSignal | undefined
    const work = async (own: AbortSignal): Promise<number> => {
      given = own
      return await new Promise((_resolve, reject) => {
        own.addEventListener('abort', () => reject(new Error('given up')))
      })
    }
    const [first, second] = [new AbortController(), new AbortController()]
    const one = shared.run('a', first.signal, work)
    const two = shared.run('a', second.signal, work)
    first.abort(new Error('I go'))
    await expect(one).rejects.toThrow('I go')
    expect(given?.aborted).toBe(false)
    second.abort(new Error('me too'))
    await expect(two).rejects.toThrow('me too')
    expect(given?.aborted).toBe(true)
    await expect(shared.run('a', signal, async () => 7)).resolves.toBe(7)
  })
})

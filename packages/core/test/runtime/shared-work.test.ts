import { expect, it } from 'vitest'

import { deferred, SharedWork } from '../../src/runtime/index.ts'

it('runs once for all who ask meanwhile, and anew for who asks later', async () => {
  const shared = new SharedWork<number>()
  let runs = 0
  const gate = deferred<void>()
  const work = async (): Promise<number> => {
    runs += 1
    await gate.promise
    return runs
  }
  const all = [shared.run('a', work), shared.run('a', work), shared.run('b', work)]
  expect(runs).toBe(2)
  gate.resolve()
  expect(await Promise.all(all)).toEqual([2, 2, 2])
  expect(await shared.run('a', work)).toBe(3)
})

it('a failure is told to all of them, and is not kept', async () => {
  const shared = new SharedWork<string>()
  const failing = (): Promise<string> => Promise.reject(new Error('no luck'))
  const both = await Promise.allSettled([shared.run('a', failing), shared.run('a', failing)])
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(await shared.run('a', () => Promise.resolve('luck'))).toBe('luck')
})

it('goes on while one of them waits, and is given up with the last', async () => {
  const shared = new SharedWork<void>()
  const aborted = deferred<void>()
  const work = (signal: AbortSignal): Promise<void> =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        aborted.resolve()
        reject(new Error('given up'))
      })
    })
  const [first, second] = [new AbortController(), new AbortController()]
  let hasEnded = false
  void aborted.promise.then(() => (hasEnded = true))
  const one = shared.run('a', work, { signal: first.signal })
  const two = shared.run('a', work, { signal: second.signal })
  first.abort(new Error('first has gone'))
  await expect(one).rejects.toThrow('first has gone')
  expect(hasEnded).toBe(false)
  second.abort(new Error('second has gone'))
  await expect(two).rejects.toThrow('second has gone')
  await aborted.promise
})

it('closing gives everything up, and waits for it', async () => {
  const shared = new SharedWork<void>()
  const result = shared.run(
    'a',
    (signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error))
      }),
  )
  const told = expect(result).rejects.toThrow('stopping')
  await shared.close(new Error('stopping'))
  await told
})

import { spawn, type ChildProcessByStdio } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

import { expect, it } from 'vitest'

import { withMachineLock } from '../../src/caches/machine-lock.ts'
import { systemClock } from '../../src/runtime/index.ts'
import { ManualClock } from '../support/manual-clock.ts'

const clock = systemClock
const options = { clock, maxWaitMs: 60_000 }

async function holder(name: string): Promise<ChildProcessByStdio<Writable, Readable, null>> {
  const script = join(import.meta.dirname, 'support', 'lock-process.ts')
  const child = spawn(process.execPath, ['--conditions=@scalr-agent/source', script, name], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return child
}

it('lets one piece of work of a name go on at a time', async () => {
  const name = randomUUID()
  let inside = 0
  let most = 0
  const work = async (): Promise<void> => {
    inside += 1
    most = Math.max(most, inside)
    await new Promise((resolve) => setImmediate(resolve))
    inside -= 1
  }
  await Promise.all(Array.from({ length: 20 }, () => withMachineLock(name, work, options)))
  expect(most).toBe(1)
})

it('is given back by work that fails', async () => {
  const name = randomUUID()
  const failing = withMachineLock(name, () => Promise.reject(new Error('no luck')), options)
  await expect(failing).rejects.toThrow('no luck')
  expect(await withMachineLock(name, () => Promise.resolve('done'), options)).toBe('done')
})

it.each(['its end', 'SIGKILL'])('waits for another process until %s', async (how) => {
  const name = randomUUID()
  const child = await holder(name)
  let isIn = false
  const work = withMachineLock(
    name,
    async () => {
      isIn = true
    },
    options,
  )
  const other = await withMachineLock(randomUUID(), () => Promise.resolve('free'), options)
  expect([other, isIn]).toEqual(['free', false])
  if (how === 'SIGKILL') child.kill('SIGKILL')
  else child.stdin.end()
  await work
  expect(isIn).toBe(true)
})

it('who waits can be told to stop', async () => {
  const name = randomUUID()
  const child = await holder(name)
  const stop = new AbortController()
  const work = withMachineLock(name, () => Promise.resolve(), { ...options, signal: stop.signal })
  stop.abort(new Error('the job was cancelled'))
  await expect(work).rejects.toThrow('the job was cancelled')
  child.kill('SIGKILL')
  await once(child, 'exit')
})

it('goes on without the lock after the longest wait', async () => {
  const name = randomUUID()
  const child = await holder(name)
  const manual = new ManualClock()
  const work = withMachineLock(name, () => Promise.resolve('done'), {
    clock: manual,
    maxWaitMs: 5000,
  })
  await manual.untilSleeping(5000)
  await manual.advance(5000)
  expect(await work).toBe('done')
  child.kill('SIGKILL')
  await once(child, 'exit')
})

import { mkdtemp, readdir, readlink, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { systemClock } from '@scalr-agent/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { DirectoryLock } from '../src/directory-lock.ts'
import { ownIdentity } from '../src/process-identity.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'scalr-lock-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true })
})

function held(identity: unknown): string {
  return `held:${encodeURIComponent(JSON.stringify(identity))}`
}

describe('DirectoryLock', () => {
  it('lets one at a time in, and stays small', async () => {
    let inside = 0
    const work = async (): Promise<void> => {
      inside += 1
      expect(inside).toBe(1)
      await new Promise((resolve) => setImmediate(resolve))
      inside -= 1
    }
    const locks = Array.from({ length: 10 }, () => new DirectoryLock(directory, systemClock))
    await Promise.all(Array.from({ length: 100 }, (_, index) => locks[index % 10]!.run(work)))
    expect(await readdir(directory)).toHaveLength(1)
  })

  it('is free again after an error', async () => {
    const lock = new DirectoryLock(directory, systemClock)
    await expect(lock.run(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
    expect(await lock.run(async () => 'in')).toBe('in')
  })

  it.each(['a process that is gone', 'a pid that was given to another', 'damage'])(
    'is taken over from %s',
    async (holder) => {
      const own = await ownIdentity()
      const target = {
        'a process that is gone': held({ ...own, pid: 2 ** 22 + 1 }),
        'a pid that was given to another': held({ ...own, startTime: '1' }),
        damage: 'held:%',
      }[holder]!
      await symlink(target, join(directory, '41'))
      expect(await new DirectoryLock(directory, systemClock).run(async () => 'in')).toBe('in')
    },
  )

  it('waits for a live holder until the signal aborts, and leaves its entry alone', async () => {
    await symlink(held(await ownIdentity()), join(directory, '41'))
    const lock = new DirectoryLock(directory, systemClock)
    const abort = new AbortController()
    const waiting = lock.run(async () => 'in', { signal: abort.signal })
    setTimeout(() => abort.abort(new Error('enough')), 20)
    await expect(waiting).rejects.toThrow('enough')
    expect(await readlink(join(directory, '41'))).toMatch(/^held:/u)
  })
})

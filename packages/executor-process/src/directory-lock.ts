import { readdir, readlink, symlink, unlink } from 'node:fs/promises'
import { join } from 'node:path'

import type { Clock } from '@scalr-agent/core'

import { unless } from './process-error.ts'
import {
  isSameProcess,
  ownIdentity,
  processIdentitySchema,
  type ProcessIdentity,
} from './process-identity.ts'

const free = 'free'

/**
 * A lock between processes that survives `kill -9` of its holder, from nothing but symbolic links.
 *
 * The directory is a log: entry `n + 1` says that the lock was taken (and by which process) or freed
 * after entry `n`. Making a link is atomic and exclusive, so one contender alone wins a number; numbers
 * never start over, so a contender with an old view cannot take what was taken since. A holder that is
 * no longer in the process table has lost it. Hold it for moments only: waiting is polling.
 */
export class DirectoryLock {
  readonly #directory: string
  readonly #clock: Clock

  constructor(directory: string, clock: Clock) {
    this.#directory = directory
    this.#clock = clock
  }

  async run<T>(
    work: () => Promise<T>,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    const number = await this.#acquire(options.signal)
    try {
      return await work()
    } finally {
      await this.#release(number)
    }
  }

  async #acquire(signal: AbortSignal | undefined): Promise<number> {
    const target = `held:${encodeURIComponent(JSON.stringify(await ownIdentity()))}`
    for (;;) {
      signal?.throwIfAborted()
      const top = await this.#top()
      if (top === 0 || (await this.#isFree(top))) {
        const mine = top + 1
        const made = await unless(['EEXIST'], async () => {
          await symlink(target, this.#entry(mine))
          return true
        })
        if (made === true) {
          if ((await this.#top()) === mine) return mine
          // The view was old and older entries were swept away since: the number means nothing.
          await unless(['ENOENT'], () => unlink(this.#entry(mine)))
        }
        continue
      }
      await this.#clock.sleep(1 + Math.random() * 3, { signal })
    }
  }

  async #release(number: number): Promise<void> {
    await symlink(free, this.#entry(number + 1))
    for (const old of await this.#numbers()) {
      if (old <= number) await unless(['ENOENT'], () => unlink(this.#entry(old)))
    }
  }

  async #isFree(number: number): Promise<boolean> {
    const target = await unless(['ENOENT'], () => readlink(this.#entry(number)))
    if (target === undefined) return false
    if (target === free) return true
    const holder = parseHolder(target)
    return holder === undefined || !(await isSameProcess(holder))
  }

  async #top(): Promise<number> {
    return Math.max(0, ...(await this.#numbers()))
  }

  async #numbers(): Promise<readonly number[]> {
    const names = await readdir(this.#directory)
    return names.filter((name) => /^\d{1,15}$/u.test(name)).map(Number)
  }

  #entry(number: number): string {
    return join(this.#directory, String(number))
  }
}

function parseHolder(target: string): ProcessIdentity | undefined {
  try {
    const text = decodeURIComponent(target.slice('held:'.length))
    return processIdentitySchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

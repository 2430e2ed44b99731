import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

import type { Clock } from '../runtime/index.ts'
import { orMissing } from './or-missing.ts'

export interface StagingOptions {
  /** On the file system of the cache, outside of what workloads see. */
  readonly directory: string
  /** Of this agent, the same after a restart. */
  readonly owner: string
  readonly clock: Clock
}

/** No download takes that long: what is older was left by an agent that never came back. */
const maxAgeMs = 24 * 3600 * 1000

/** Directories in which entries of a cache come and go, each named after its agent. */
export class Staging {
  readonly #options: StagingOptions
  readonly #used = new Set<string>()

  constructor(options: StagingOptions) {
    this.#options = options
  }

  /** Does the work with a new directory, which is gone afterwards. */
  async use<T>(work: (directory: string) => Promise<T>): Promise<T> {
    const name = `${this.#options.owner}.${randomBytes(8).toString('hex')}`
    const path = join(this.#options.directory, name)
    this.#used.add(name)
    try {
      await mkdir(path, { recursive: true, mode: 0o700 })
      return await work(path)
    } finally {
      await rm(path, { recursive: true, force: true })
      this.#used.delete(name)
    }
  }

  /** Removes what this agent has left in an earlier life, and what others left for good. */
  async clean(): Promise<void> {
    const { directory, owner, clock } = this.#options
    for (const name of (await orMissing(readdir(directory))) ?? []) {
      if (this.#used.has(name)) continue
      const path = join(directory, name)
      const found = name.startsWith(`${owner}.`) ? 'own' : await orMissing(stat(path))
      const isLeft =
        found === 'own' || (found !== undefined && clock.now().getTime() - found.mtimeMs > maxAgeMs)
      if (isLeft) await rm(path, { recursive: true, force: true })
    }
  }
}

import { join } from 'node:path'

import type { Clock, Logger } from '../../runtime/index.ts'
import type { CacheLock } from '../cache-lock.ts'
import type { BinaryCacheSettings } from '../job-caches-options.ts'
import type { JobPins } from '../job-pins.ts'
import type { Staging } from '../staging.ts'
import { binaryPath, type BinaryKey, type BinaryStore } from './binary-store.ts'
import { chooseEvictions } from './choose-evictions.ts'

export interface BinaryEvictionOptions {
  readonly store: BinaryStore
  readonly pins: JobPins
  readonly staging: Staging
  readonly lock: CacheLock
  readonly settings: BinaryCacheSettings
  readonly clock: Clock
  readonly logger: Logger
}

const defaultSizeLimitBytes = 5 * 1024 ** 3
const defaultMaxAgeDays = 10
const dayMs = 24 * 3600 * 1000

/** Keeps the cache within its limits. What jobs use is never evicted. */
export class BinaryEviction {
  readonly #options: BinaryEvictionOptions
  #last: Promise<void> = Promise.resolve()

  constructor(options: BinaryEvictionOptions) {
    this.#options = options
  }

  /** Evicts what has to go now. Never fails: a cache that is too large is better than a failed job. */
  run(): Promise<void> {
    const { logger } = this.#options
    this.#last = this.#last
      .then(() => this.#run())
      .catch((err: unknown) => logger.warn({ err }, 'The binary cache could not be tidied up'))
    return this.#last
  }

  /** Waits for what was asked for. */
  idle(): Promise<void> {
    return this.#last
  }

  async #run(): Promise<void> {
    const { staging, lock } = this.#options
    if ((await this.#choose()).length === 0) return
    // Deleting takes its time, so it comes after the lock.
    await staging.use((directory) => lock.run('pins', () => this.#evict(directory)))
  }

  async #evict(directory: string): Promise<void> {
    const { store, pins, logger } = this.#options
    for (const [index, key] of (await this.#choose()).entries()) {
      const trash = join(directory, String(index))
      if (!(await store.take(key, trash))) continue
      // An agent on another machine, whom the lock does not stop, may have pinned it meanwhile.
      const isUsed = (await pins.entries()).has(binaryPath(key))
      if (isUsed) await store.putBack(key, trash)
      else logger.info({ ...key }, 'A program was evicted from the cache')
    }
  }

  async #choose(): Promise<readonly BinaryKey[]> {
    const { store, pins, settings, clock } = this.#options
    return chooseEvictions(await store.list(), await pins.entries(), clock.now().getTime(), {
      sizeLimitBytes: settings.sizeLimitBytes ?? defaultSizeLimitBytes,
      maxAgeMs: (settings.maxAgeDays ?? defaultMaxAgeDays) * dayMs,
    })
  }
}

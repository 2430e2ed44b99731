import { mkdir, stat } from 'node:fs/promises'

import type { Clock } from '../runtime/index.ts'
import { withMachineLock } from './machine-lock.ts'

/** Locks of one cache directory, between the agents of this machine. See {@link withMachineLock}. */
export class CacheLock {
  readonly #cacheDir: string
  readonly #clock: Clock

  constructor(options: { readonly cacheDir: string; readonly clock: Clock }) {
    this.#cacheDir = options.cacheDir
    this.#clock = options.clock
  }

  async run<T>(
    name: string,
    work: () => Promise<T>,
    options: {
      readonly signal?: AbortSignal | undefined
      /** Then the work is done without the lock. @default 10_000 */
      readonly maxWaitMs?: number
    } = {},
  ): Promise<T> {
    await mkdir(this.#cacheDir, { recursive: true, mode: 0o755 })
    // Two agents may know the directory by different paths.
    const { dev, ino } = await stat(this.#cacheDir)
    return withMachineLock(`${dev}:${ino}:${name}`, work, {
      clock: this.#clock,
      signal: options.signal,
      maxWaitMs: options.maxWaitMs ?? 10_000,
    })
  }
}

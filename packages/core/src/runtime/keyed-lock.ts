import { orAborted } from './or-aborted.ts'

/** Lets one at a time do something about the same key. */
export class KeyedLock {
  readonly #last = new Map<string, Promise<void>>()

  async run<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve()
    const done = Promise.withResolvers<void>()
    const mine = before.then(async () => await done.promise)
    this.#last.set(key, mine)
    try {
      await orAborted(before, signal)
      return await work()
    } finally {
      done.resolve()
      if (this.#last.get(key) === mine) this.#last.delete(key)
    }
  }
}

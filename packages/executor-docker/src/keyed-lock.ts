/** Lets one at a time do something about the same key. */
export class KeyedLock {
  readonly #last = new Map<string, Promise<void>>()

  async run<T>(key: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve()
    const done = Promise.withResolvers<void>()
    const mine = before.then(async () => await done.promise)
    this.#last.set(key, mine)
    try {
      await abortable(before, signal)
      return await work()
    } finally {
      done.resolve()
      if (this.#last.get(key) === mine) this.#last.delete(key)
    }
  }
}

async function abortable(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return await work
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  aborted.promise.catch(() => {})
  const onAbort = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

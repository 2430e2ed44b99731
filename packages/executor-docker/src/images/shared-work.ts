interface Running<T> {
  readonly result: Promise<T>
  readonly controller: AbortController
  waiting: number
}

/** Work that runs once for a key, however many ask for it. It is given up when the last of them has gone. */
export class SharedWork<T> {
  readonly #running = new Map<string, Running<T>>()

  /** Joins the work of that key, or starts it. Rejects with the signal's reason when that aborts first. */
  async run(
    key: string,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted()
    const running = this.#running.get(key) ?? this.#start(key, work)
    running.waiting += 1
    const aborted = Promise.withResolvers<never>()
    const abort = (): void => aborted.reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    try {
      return await Promise.race([running.result, aborted.promise])
    } finally {
      signal.removeEventListener('abort', abort)
      running.waiting -= 1
      if (running.waiting === 0) {
        this.#forget(key, running)
        running.controller.abort()
      }
    }
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<T>): Running<T> {
    const controller = new AbortController()
    const running: Running<T> = { result: work(controller.signal), controller, waiting: 0 }
    this.#running.set(key, running)
    const forget = (): void => this.#forget(key, running)
    // Whoever asks from now on wants it anew; whoever waits is told by `result`.
    running.result.then(forget, forget)
    return running
  }

  #forget(key: string, running: Running<T>): void {
    if (this.#running.get(key) === running) this.#running.delete(key)
  }
}

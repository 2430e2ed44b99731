/**
 * Work of which one piece at a time runs for a key, however many ask for it. It is given up when the last
 * of them has gone.
 */
export class SharedWork<T> {
  readonly #running = new Map<string, Running<T>>()
  readonly #all = new Set<Promise<unknown>>()

  /** Joins the work of that key, or starts it. */
  async run(
    key: string,
    work: (signal: AbortSignal) => Promise<T>,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<T> {
    const { signal } = options
    signal?.throwIfAborted()
    const running = this.#running.get(key) ?? this.#start(key, work)
    running.waiting += 1
    try {
      return await untilAborted(running.result, signal)
    } finally {
      running.waiting -= 1
      if (running.waiting === 0) {
        if (this.#running.get(key) === running) this.#running.delete(key)
        running.controller.abort()
      }
    }
  }

  /** Gives up all of it, and waits for that. */
  async close(reason: Error): Promise<void> {
    for (const { controller } of this.#running.values()) controller.abort(reason)
    await Promise.allSettled(this.#all)
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<T>): Running<T> {
    const controller = new AbortController()
    const result = work(controller.signal)
    const running: Running<T> = { result, controller, waiting: 0 }
    this.#running.set(key, running)
    const settled = result
      .then(
        () => {},
        () => {},
      )
      .then(() => {
        this.#all.delete(settled)
        if (this.#running.get(key) === running) this.#running.delete(key)
      })
    this.#all.add(settled)
    return running
  }
}

interface Running<T> {
  readonly result: Promise<T>
  readonly controller: AbortController
  waiting: number
}

function untilAborted<T>(result: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return result
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
    }
    signal.addEventListener('abort', abort, { once: true })
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

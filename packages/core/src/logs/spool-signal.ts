interface Waiter {
  readonly offset: number
  readonly resolve: () => void
}

/** How far a spool may be read, and the waiting for more of it. */
export class SpoolSignal {
  #published = 0
  #sealed = false
  #waiters: Waiter[] = []

  get published(): number {
    return this.#published
  }

  get sealed(): boolean {
    return this.#sealed
  }

  publish(offset: number): void {
    this.#published = offset
    this.#wake()
  }

  seal(): void {
    this.#sealed = true
    this.#wake()
  }

  /** Resolves when bytes up to `offset` are published, or nothing more will come. */
  async reached(
    offset: number,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<void> {
    const signal = options?.signal
    signal?.throwIfAborted()
    if (this.#sealed || this.#published >= offset) return
    await new Promise<void>((resolve, reject) => {
      const abort = () => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter)
        reject(signal?.reason)
      }
      const waiter: Waiter = {
        offset,
        resolve: () => {
          signal?.removeEventListener('abort', abort)
          resolve()
        },
      }
      this.#waiters.push(waiter)
      signal?.addEventListener('abort', abort, { once: true })
    })
  }

  #wake(): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const waiter of waiters) {
      if (this.#sealed || this.#published >= waiter.offset) waiter.resolve()
      else this.#waiters.push(waiter)
    }
  }
}

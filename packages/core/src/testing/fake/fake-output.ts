import { ExecutorError } from '../../errors/index.ts'

/** What happens to whoever reads the output. */
type Cut = { readonly atByte: number; readonly error: () => Error }

/** The output of one workload: grows until it is closed, and is read from any byte, by any number. */
export class FakeOutput {
  #bytes = Buffer.alloc(64 * 1024)
  #length = 0
  #closed = false
  #cut: Cut | undefined
  #gone: Error | undefined
  #waiting = new Set<() => void>()

  get length(): number {
    return this.#length
  }

  write(data: string | Uint8Array): void {
    if (this.#closed) return
    const bytes = typeof data === 'string' ? Buffer.from(data) : data
    while (this.#length + bytes.length > this.#bytes.length) {
      // Readers may hold views of the old buffer: it is replaced, never changed.
      const grown = Buffer.alloc(this.#bytes.length * 2)
      this.#bytes.copy(grown, 0, 0, this.#length)
      this.#bytes = grown
    }
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
    this.#wake()
  }

  close(): void {
    this.#closed = true
    this.#wake()
  }

  /** Whoever reads past that byte gets the error, until the cut is healed. */
  cut(cut: Cut | undefined): void {
    this.#cut = cut
    this.#wake()
  }

  /** Ends all reading for good, as `destroy` does. */
  remove(error: Error): void {
    this.#gone = error
    this.#wake()
  }

  async *read(fromByte: number, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    let at = fromByte
    for (;;) {
      signal?.throwIfAborted()
      if (this.#gone !== undefined) throw this.#gone
      const end = Math.min(this.#length, this.#cut?.atByte ?? Infinity)
      if (at < end) {
        const chunk = this.#bytes.subarray(at, Math.min(end, at + 64 * 1024))
        at += chunk.length
        yield chunk
      } else if (this.#cut !== undefined && at >= this.#cut.atByte) {
        throw this.#cut.error()
      } else if (this.#closed) {
        return
      } else {
        await this.#change(signal)
      }
    }
  }

  async #change(signal: AbortSignal | undefined): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake)
        signal?.removeEventListener('abort', wake)
        resolve()
      }
      this.#waiting.add(wake)
      signal?.addEventListener('abort', wake, { once: true })
    })
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
  }
}

export function fakeError(
  code: ConstructorParameters<typeof ExecutorError>[1]['code'],
  phase: string,
  message: string,
  cause?: unknown,
): ExecutorError {
  return new ExecutorError(message, { executor: 'fake', phase, code, cause })
}

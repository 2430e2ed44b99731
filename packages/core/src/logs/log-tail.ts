import { concatBytes } from './concat-bytes.ts'

/** The last bytes of a log, for people who want to see how it ended. */
export class LogTail {
  readonly #maxBytes: number
  readonly #pieces: Uint8Array[] = []
  #kept = 0
  #position = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Bytes that were pushed so far. */
  get position(): number {
    return this.#position
  }

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#position += bytes.length
    // A copy, of what is needed: the reader of a stream may use its buffer again.
    const piece = new Uint8Array(bytes.subarray(Math.max(0, bytes.length - this.#maxBytes)))
    this.#pieces.push(piece)
    this.#kept += piece.length
    for (
      let first = this.#pieces[0];
      first !== undefined && this.#kept - first.length >= this.#maxBytes;
      first = this.#pieces[0]
    ) {
      this.#pieces.shift()
      this.#kept -= first.length
    }
  }

  /** What was pushed from `position` on, as far as it was kept. */
  textSince(position = 0): string {
    const all = concatBytes(this.#pieces)
    const wanted = Math.min(this.#maxBytes, Math.max(0, this.#position - position))
    return Buffer.from(all.subarray(Math.max(0, all.length - wanted))).toString('utf8')
  }
}

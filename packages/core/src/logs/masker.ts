import { concatBytes } from './concat-bytes.ts'
import { PatternSet } from './pattern-set.ts'
import { secretForms } from './secret-forms.ts'

/** What stands in the log for a secret, whatever its length. */
export const maskText = '*'.repeat(15)

const maskBytes = Buffer.from(maskText, 'latin1')
const noBytes = new Uint8Array(0)

/** A pattern of which a beginning stands at the end of the data. */
interface PartialMatch {
  readonly pattern: number
  readonly length: number
}

/**
 * Replaces secrets in a stream of bytes. Matches that overlap or touch become one mask. The output is
 * a function of the whole input alone, however it is cut into chunks, and only the longest suffix that
 * may still become a secret is held back. Linear in the input for each pattern, also for periodic ones.
 */
export class Masker {
  readonly #set: PatternSet
  /** For each pattern: starts before it are decided. Absolute, as are all positions in fields. */
  readonly #decidedBefore: Float64Array
  #partials: PartialMatch[] = []
  /** Matches that are not yet in the output, unsorted. */
  #matches: { readonly start: number; end: number }[] = []
  /** Input that was held back. */
  #tail: Uint8Array = noBytes
  #consumed = 0
  #scanned = 0
  /** End of the masked region that was last begun. */
  #regionEnd = -1

  constructor(secrets: Iterable<string>) {
    this.#set = new PatternSet(secretForms(secrets))
    this.#decidedBefore = new Float64Array(this.#set.patterns.length)
  }

  /** Bytes of input held back since they may still become a secret. */
  get held(): number {
    return this.#tail.length
  }

  /**
   * Whether a new masker that starts with the next byte would go on exactly like this one: nothing is
   * held back, and the last byte was not masked (a secret right behind it would join that mask).
   */
  get atRest(): boolean {
    return this.#tail.length === 0 && this.#regionEnd < this.#consumed
  }

  /** @returns May be a view of the pushed chunk. */
  push(chunk: Uint8Array): Uint8Array {
    if (this.#set.patterns.length === 0) {
      this.#consumed += chunk.length
      return chunk
    }
    if (chunk.length === 0) return noBytes
    const known = this.#tail.length
    const data = known === 0 ? chunk : concatBytes([this.#tail, chunk])
    const base = this.#consumed
    const partials = this.#partials
    this.#partials = []
    for (const { pattern, length } of partials) this.#follow(pattern, data, known, length)
    this.#scan(data)
    return this.#emit(data, this.#undecidedFrom(data) + base)
  }

  /** Gives what was held back: the stream ended, so it is no secret. What is pushed later stands alone. */
  flush(): Uint8Array {
    const data = this.#tail
    this.#partials = []
    const bytes = this.#emit(data, this.#consumed + data.length)
    this.#regionEnd = -1
    this.#scanned = this.#consumed
    return bytes
  }

  #scan(data: Uint8Array): void {
    const { window, shift } = this.#set
    const base = this.#consumed
    const length = data.length
    let last = Math.max(0, this.#scanned - base) + window - 1
    while (last < length) {
      // In bounds by the loop's condition; `!` keeps the hot loop free of checks.
      const stride = shift[data[last - 1]! | (data[last]! << 8)]!
      if (stride !== 0) {
        last += stride
        continue
      }
      const start = last - window + 1
      for (const pattern of this.#set.candidates(data, start)) {
        if (base + start >= this.#decidedBefore[pattern]!) {
          this.#follow(pattern, data, last + 1, window)
        }
      }
      last++
    }
  }

  /**
   * Goes on with a pattern of which `matched` bytes stand before `position` (Knuth–Morris–Pratt), as
   * long as at least a window of it matches: what begins later, the scan finds.
   */
  #follow(index: number, data: Uint8Array, position: number, matched: number): void {
    const pattern = this.#set.patterns[index]!
    const borders = this.#set.borders(index)
    const base = this.#consumed
    const { window } = this.#set
    while (matched >= window) {
      if (matched === pattern.length) {
        this.#addMatch(base + position - matched, base + position)
        matched = borders[matched]!
      } else if (position === data.length) {
        this.#partials.push({ pattern: index, length: matched })
        // Every start in this data is followed by this partial match or ruled out.
        this.#decidedBefore[index] = base + position
        return
      } else if (pattern[matched] === data[position]) {
        matched++
        position++
      } else {
        matched = borders[matched]!
      }
    }
    this.#decidedBefore[index] = base + position - matched
  }

  #addMatch(start: number, end: number): void {
    const last = this.#matches.at(-1)
    if (last !== undefined && start >= last.start && start <= last.end) {
      last.end = Math.max(last.end, end)
    } else {
      this.#matches.push({ start, end })
    }
  }

  /** Index of the first byte that may begin a secret whose end is not there yet. */
  #undecidedFrom(data: Uint8Array): number {
    const base = this.#consumed
    const unscanned = Math.max(0, data.length - this.#set.window + 1, this.#scanned - base)
    let first = unscanned
    while (first < data.length && !this.#set.isPrefix(data, first)) first++
    for (const { length } of this.#partials) first = Math.min(first, data.length - length)
    this.#scanned = base + Math.max(first, unscanned)
    return first
  }

  /** Output for all input before `until`; the rest becomes the tail. */
  #emit(data: Uint8Array, until: number): Uint8Array {
    const base = this.#consumed
    const ready = this.#matches.filter(({ start }) => start < until)
    if (ready.length > 0) {
      this.#matches = this.#matches.filter(({ start }) => start >= until)
      ready.sort((a, b) => a.start - b.start)
    }
    const pieces: Uint8Array[] = []
    let from = Math.max(base, this.#regionEnd)
    for (const { start, end } of ready) {
      if (start > this.#regionEnd) {
        if (start > from) pieces.push(data.subarray(from - base, start - base))
        pieces.push(maskBytes)
      }
      this.#regionEnd = Math.max(this.#regionEnd, end)
      from = Math.max(from, this.#regionEnd)
    }
    if (until > from) pieces.push(data.subarray(from - base, until - base))
    // A copy: a chunk may be reused, and `slice` of a Buffer would be a view of it.
    this.#tail = until - base < data.length ? new Uint8Array(data.subarray(until - base)) : noBytes
    this.#consumed = until
    return concatBytes(pieces)
  }
}

import { concatBytes } from './concat-bytes.ts'
import {
  assertMarkerNonce,
  markerStartByte,
  maxMarkerBytes,
  parseMarker,
  type StageMarker,
} from './stage-markers.ts'

/** A marker and where it stood. */
export interface FoundMarker {
  readonly marker: StageMarker
  /** Bytes that were passed before it, since the filter was made. */
  readonly passedOffset: number
  /** Bytes that were pushed before it, since the filter was made; tells a marker from its repetition. */
  readonly rawOffset: number
}

/** What a push lets through. */
export interface FilteredOutput {
  /** May be a view of the pushed chunk. */
  readonly bytes: Uint8Array
  readonly markers: readonly FoundMarker[]
}

const newline = 0x0a

/**
 * Takes the stage markers out of a job's output. What comes out, and where the markers stood, is the
 * same however the input is cut into chunks. Everything that is not a whole, valid marker with the
 * job's nonce passes untouched.
 */
export class MarkerFilter {
  readonly #nonce: string
  readonly #prefix: Buffer
  /** A marker's beginning at the end of what was pushed. */
  #candidate: Uint8Array = new Uint8Array(0)
  #rawBytes = 0
  #passedBytes = 0

  constructor(nonce: string) {
    assertMarkerNonce(nonce)
    this.#nonce = nonce
    this.#prefix = Buffer.from(`\u001E${nonce} `, 'latin1')
  }

  /** Bytes held back since they may still become a marker. */
  get held(): number {
    return this.#candidate.length
  }

  /** Bytes that were passed since the filter was made. */
  get passed(): number {
    return this.#passedBytes
  }

  push(chunk: Uint8Array): FilteredOutput {
    const data = this.#candidate.length === 0 ? chunk : concatBytes([this.#candidate, chunk])
    const dataOffset = this.#rawBytes - this.#candidate.length
    this.#rawBytes += chunk.length
    this.#candidate = new Uint8Array(0)

    const pieces: Uint8Array[] = []
    const markers: FoundMarker[] = []
    let passed = 0
    let from = 0
    let start = data.indexOf(markerStartByte)
    while (start !== -1) {
      const end = this.#candidateEnd(data, start)
      if (end === undefined) {
        // A copy: a chunk may be reused, and `slice` of a Buffer would be a view of it.
        this.#candidate = new Uint8Array(data.subarray(start))
        break
      }
      const marker = parseMarker(
        Buffer.from(data.subarray(start, end)).toString('latin1'),
        this.#nonce,
      )
      if (marker !== undefined) {
        if (start > from) pieces.push(data.subarray(from, start))
        passed += start - from
        markers.push({
          marker,
          passedOffset: this.#passedBytes + passed,
          rawOffset: dataOffset + start,
        })
        from = end
      }
      start = data.indexOf(markerStartByte, end)
    }
    const rest = data.subarray(from, data.length - this.#candidate.length)
    if (rest.length > 0) pieces.push(rest)
    this.#passedBytes += passed + rest.length
    return { bytes: concatBytes(pieces), markers }
  }

  /** Gives what was held back: the stream ended, so it is no marker. */
  flush(): Uint8Array {
    const bytes = this.#candidate
    this.#candidate = new Uint8Array(0)
    this.#passedBytes += bytes.length
    return bytes
  }

  /**
   * Where the text that begins at `start` is decided: behind its newline, or at the first byte that no
   * marker can have there. `undefined` when more input is needed. Never goes over another start byte.
   */
  #candidateEnd(data: Uint8Array, start: number): number | undefined {
    for (let index = start + 1; index < data.length; index++) {
      const byte = data[index]
      const at = index - start
      if (at < this.#prefix.length) {
        if (byte !== this.#prefix[at]) return index
      } else if (byte === newline) {
        return index + 1
      } else if (at >= maxMarkerBytes - 1 || !isEventByte(byte)) {
        return index
      }
    }
    return undefined
  }
}

/** Lower-case letters, digits, '-' and space: all that events are made of. */
function isEventByte(byte: number | undefined): boolean {
  if (byte === undefined) return false
  return (
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2d ||
    byte === 0x20
  )
}

/** Longest window of the shift table: more would cost table space and gain little. */
const maxWindowBytes = 12

interface PrefixGroup {
  readonly prefix: Uint8Array
  /** Indexes of the patterns that begin with it. */
  readonly patterns: number[]
  readonly next: PrefixGroup | undefined
}

/**
 * Many byte patterns, compiled for searching all of them in one pass (Wu–Manber with blocks of two
 * bytes): most of the input is skipped in strides of up to a window.
 */
export class PatternSet {
  readonly patterns: readonly Uint8Array[]
  /** Length of the window; no pattern is shorter. */
  readonly window: number
  /** By the last two bytes of a window: how far the window may move on without missing a match. */
  readonly shift: Uint8Array
  readonly #groups = new Map<number, PrefixGroup>()
  readonly #prefixes = new Set<string>()
  readonly #borders: (Int32Array | undefined)[] = []

  /** @param patterns - At least two bytes each. Duplicates are dropped. */
  constructor(patterns: readonly Uint8Array[]) {
    const unique = new Map(
      patterns.map((pattern) => [Buffer.from(pattern).toString('latin1'), pattern]),
    )
    this.patterns = [...unique.values()]
    this.window = this.patterns.reduce(
      (least, pattern) => Math.min(least, pattern.length),
      maxWindowBytes,
    )
    this.shift = new Uint8Array(0x1_00_00).fill(this.window - 1)
    for (const [index, pattern] of this.patterns.entries()) this.#add(index, pattern)
  }

  /** The patterns whose first window is exactly the window at `start`. */
  candidates(data: Uint8Array, start: number): readonly number[] {
    let group = this.#groups.get(blockAt(data, start + this.window - 2))
    while (group !== undefined) {
      if (startsWith(data, start, group.prefix)) return group.patterns
      group = group.next
    }
    return []
  }

  /** Whether what begins at `start`, shorter than a window, is the beginning of a pattern. */
  isPrefix(data: Uint8Array, start: number): boolean {
    return this.#prefixes.has(latin1(data.subarray(start)))
  }

  /** Of a pattern: `[k]` is the length of the longest proper prefix that also ends its first k bytes. */
  borders(index: number): Int32Array {
    return (this.#borders[index] ??= bordersOf(this.patterns[index] ?? new Uint8Array(0)))
  }

  #add(index: number, pattern: Uint8Array): void {
    for (let at = 0; at <= this.window - 2; at++) {
      const block = blockAt(pattern, at)
      this.shift[block] = Math.min(this.shift[block] ?? 0, this.window - 2 - at)
    }
    for (let length = 1; length < this.window; length++) {
      this.#prefixes.add(latin1(pattern.subarray(0, length)))
    }
    const lastBlock = blockAt(pattern, this.window - 2)
    let group = this.#groups.get(lastBlock)
    while (group !== undefined && !startsWith(pattern, 0, group.prefix)) group = group.next
    if (group === undefined) {
      const prefix = pattern.subarray(0, this.window)
      this.#groups.set(lastBlock, {
        prefix,
        patterns: [index],
        next: this.#groups.get(lastBlock),
      })
    } else {
      group.patterns.push(index)
    }
  }
}

function blockAt(data: Uint8Array, at: number): number {
  return (data[at] ?? 0) | ((data[at + 1] ?? 0) << 8)
}

function startsWith(data: Uint8Array, start: number, prefix: Uint8Array): boolean {
  for (let at = 0; at < prefix.length; at++) {
    if (data[start + at] !== prefix[at]) return false
  }
  return true
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

function bordersOf(pattern: Uint8Array): Int32Array {
  const borders = new Int32Array(pattern.length + 1)
  let border = 0
  for (let at = 1; at < pattern.length; at++) {
    while (border > 0 && pattern[at] !== pattern[border]) border = borders[border] ?? 0
    if (pattern[at] === pattern[border]) border++
    borders[at + 1] = border
  }
  return borders
}

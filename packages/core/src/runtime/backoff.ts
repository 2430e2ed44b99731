/** Grows from `minMs` to `maxMs` with full jitter, so that many agents never come back together. */
export class Backoff {
  readonly #minMs: number
  readonly #maxMs: number
  readonly #random: () => number
  #attempt = 0

  constructor(
    options: {
      /** @default 500 */
      readonly minMs?: number
      /** @default 64_000 */
      readonly maxMs?: number
      readonly random?: () => number
    } = {},
  ) {
    this.#minMs = options.minMs ?? 500
    this.#maxMs = options.maxMs ?? 64_000
    this.#random = options.random ?? Math.random
  }

  /** The next wait. Never below a tenth of `minMs`, so that a lucky draw is no busy loop. */
  nextMs(): number {
    const ceiling = Math.min(this.#maxMs, this.#minMs * 2 ** this.#attempt)
    this.#attempt = Math.min(this.#attempt + 1, 30)
    return Math.max(this.#minMs / 10, this.#random() * ceiling)
  }

  reset(): void {
    this.#attempt = 0
  }
}

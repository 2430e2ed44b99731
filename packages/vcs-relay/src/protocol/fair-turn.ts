/**
 * Most bytes of one body before everything else in the process is looked after. A fast sender is read in megabytes
 * otherwise, and each small call waits that long at each process that it passes; less costs throughput (measured by
 * `pnpm bench relay`).
 */
const turnBytes = 128 * 1024

/** Counts the bytes of one body, so that it makes room for others every so often. */
export class FairTurn {
  #bytes = 0

  /** Whether the turn is over: to go on is for after a `setImmediate`. */
  endsAfter(bytes: number): boolean {
    this.#bytes += bytes
    if (this.#bytes < turnBytes) return false
    this.#bytes = 0
    return true
  }
}

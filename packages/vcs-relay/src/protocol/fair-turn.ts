import type { Clock } from '@scalr-agent/core'

/**
 * Most bytes of one body before everything else in the process is looked after. A fast sender is read in megabytes
 * otherwise, and each small call waits that long at each process that it passes; less costs throughput (measured by
 * `pnpm bench relay`).
 */
const turnBytes = 128 * 1024
/** Pause after each turn while small calls are under way: leaves them the processor, and the body about 1 Gbit/s. */
const pauseMs = 1

/** Makes one body leave room for others every so often. */
export class FairTurn {
  readonly #clock: Clock
  readonly #othersWait: () => boolean
  #bytes = 0

  /** @param othersWait - whether somebody else's small call is under way in this process */
  constructor(clock: Clock, othersWait: (() => boolean) | undefined) {
    this.#clock = clock
    this.#othersWait = othersWait ?? (() => false)
  }

  /** Whether the turn is over, so that a {@link rest} is due. */
  endsAfter(bytes: number): boolean {
    this.#bytes += bytes
    if (this.#bytes < turnBytes) return false
    this.#bytes = 0
    return true
  }

  /** Calls back when others had their turn. */
  rest(onRested: () => void): void {
    if (this.#othersWait()) void this.#clock.sleep(pauseMs).then(onRested)
    else setImmediate(onRested)
  }
}

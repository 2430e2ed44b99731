import { readdirSync, readFileSync } from 'node:fs'

/** Samples the command lines of every process of this machine while a test runs. */
export class ArgvWatch implements Disposable {
  readonly #seen = new Set<string>()
  readonly #timer: NodeJS.Timeout

  constructor(intervalMs = 20) {
    this.#timer = setInterval(() => this.#sample(), intervalMs)
  }

  /** Every command line that was seen, one a line. */
  get seen(): Buffer {
    return Buffer.from([...this.#seen].join('\n'))
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #sample(): void {
    for (const pid of readdirSync('/proc')) {
      if (!/^\d+$/u.test(pid)) continue
      try {
        this.#seen.add(readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' '))
      } catch {
        // It has ended meanwhile.
      }
    }
  }
}

import { watch, type FSWatcher } from 'node:fs'

import type { Clock } from '@scalr-agent/core'

/** Looks this often even when the system promises to tell changes: processes end without a file changing. */
const watchedPollMs = 200
const blindPollMs = 10

/**
 * Wakes when something in one of the directories changes, or after a while. Changes are remembered
 * from the moment of construction, so none falls between looking and waiting.
 */
export class ChangeWatch implements Disposable {
  readonly #watchers: FSWatcher[] = []
  readonly #clock: Clock
  readonly #ignored: string | undefined
  #changed = false
  #wake: (() => void) | undefined
  #pollMs = watchedPollMs
  #quickPolls = 0

  /** @param ignored name of a file whose changes are of no interest, in any of the directories. */
  constructor(directories: readonly string[], clock: Clock, ignored?: string) {
    this.#clock = clock
    this.#ignored = ignored
    for (const directory of directories) this.#add(directory)
  }

  /**
   * Resolves at the next change, after a while, or when the signal aborts (then it rejects). Shortly
   * after a change it waits less: the end of a process tends to follow a change of its files.
   */
  async next(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#changed) {
      this.#changed = false
      this.#quickPolls = 8
      return
    }
    const delayMs = this.#quickPolls > 0 ? 2 ** (8 - this.#quickPolls) : this.#pollMs
    this.#quickPolls = Math.max(0, this.#quickPolls - 1)
    const enough = new AbortController()
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    try {
      const slept = this.#clock.sleep(Math.min(delayMs, this.#pollMs), {
        signal: AbortSignal.any([signal, enough.signal]),
      })
      await Promise.race([woken, slept])
    } finally {
      this.#wake = undefined
      enough.abort()
    }
    signal.throwIfAborted()
    if (this.#changed) {
      this.#changed = false
      this.#quickPolls = 8
    }
  }

  [Symbol.dispose](): void {
    for (const watcher of this.#watchers) watcher.close()
  }

  #add(directory: string): void {
    try {
      const watcher = watch(directory, (_event, name) => {
        if (name !== null && name === this.#ignored) return
        this.#changed = true
        this.#wake?.()
      })
      // Out of watches, or the directory was removed: polling sees the rest.
      watcher.on('error', () => {
        this.#pollMs = blindPollMs
      })
      this.#watchers.push(watcher)
    } catch {
      this.#pollMs = blindPollMs
    }
  }
}

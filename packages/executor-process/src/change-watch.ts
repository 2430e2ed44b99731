import { watch, type FSWatcher } from 'node:fs'

import type { Clock } from '@scalr-agent/core'

/** Looks this often even when the system promises to tell changes: processes end without a file changing. */
const watchedPollMs = 200
const blindPollMs = 10

export interface ChangeWatchOptions {
  readonly clock: Clock
  /** A file, by name, that changes often and whose changes say nothing of the workload's state. */
  readonly output: string
  /** Whether changes of the output count at all. */
  readonly followsOutput: boolean
}

/**
 * Wakes when something in one of the directories changes, or after a while. Changes are remembered
 * from the moment of construction, so none falls between looking and waiting.
 */
export class ChangeWatch implements Disposable {
  readonly #watchers: FSWatcher[] = []
  readonly #options: ChangeWatchOptions
  #stateChanged = false
  #outputChanged = false
  #wake: (() => void) | undefined
  #pollMs = watchedPollMs
  #quickPolls = 0

  constructor(directories: readonly string[], options: ChangeWatchOptions) {
    this.#options = options
    for (const directory of directories) this.#add(directory)
  }

  /**
   * Resolves at the next change, after a while, or when the signal aborts (then it rejects). Shortly
   * after a change of state it waits less: the end of a process tends to follow one.
   *
   * @returns `false` when nothing but the output has changed, so that the state need not be looked at.
   */
  async next(signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted()
    if (this.#stateChanged || this.#outputChanged) return this.#take()
    const delayMs = this.#quickPolls > 0 ? 2 ** (8 - this.#quickPolls) : this.#pollMs
    this.#quickPolls = Math.max(0, this.#quickPolls - 1)
    const enough = new AbortController()
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    try {
      const slept = this.#options.clock.sleep(Math.min(delayMs, this.#pollMs), {
        signal: AbortSignal.any([signal, enough.signal]),
      })
      await Promise.race([woken, slept])
    } finally {
      this.#wake = undefined
      enough.abort()
    }
    signal.throwIfAborted()
    return this.#take()
  }

  [Symbol.dispose](): void {
    for (const watcher of this.#watchers) watcher.close()
  }

  #take(): boolean {
    const onlyOutput = this.#outputChanged && !this.#stateChanged
    if (this.#stateChanged) this.#quickPolls = 8
    this.#stateChanged = false
    this.#outputChanged = false
    return !onlyOutput
  }

  #add(directory: string): void {
    const { output, followsOutput } = this.#options
    try {
      const watcher = watch(directory, (_event, name) => {
        if (name === output && !followsOutput) return
        if (name === output) this.#outputChanged = true
        else this.#stateChanged = true
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

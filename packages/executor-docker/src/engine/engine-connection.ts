import { connectEngine, type Engine } from './connect-engine.ts'
import type { EngineOptions } from './engine-options.ts'

/** Finds the engine when it is first needed, and remembers it. A failure is not remembered. */
export class EngineConnection {
  readonly #options: EngineOptions
  #connecting: Promise<Engine> | undefined

  constructor(options: EngineOptions) {
    this.#options = options
  }

  /** @throws `UNAVAILABLE`, with all that was tried. */
  async get(): Promise<Engine> {
    // Without a signal: others may wait for the same answer.
    const connecting = (this.#connecting ??= connectEngine(this.#options))
    try {
      return await connecting
    } catch (error) {
      if (this.#connecting === connecting) this.#connecting = undefined
      throw error
    }
  }
}

import type { LogCheckpoint } from './log-checkpoint.ts'

/** Hands checkpoints over one at a time, in order; while one is under way, only the newest waits. */
export class CheckpointWriter {
  readonly #write: (checkpoint: LogCheckpoint) => void | Promise<void>
  #waiting: LogCheckpoint | undefined
  #running: Promise<void> | undefined
  #failure: { readonly cause: unknown } | undefined

  constructor(write: (checkpoint: LogCheckpoint) => void | Promise<void>) {
    this.#write = write
  }

  /** Does not wait. Throws what an earlier hand-over threw. */
  offer(checkpoint: LogCheckpoint): void {
    this.#throwFailure()
    this.#waiting = checkpoint
    this.#running ??= this.#run()
  }

  /** Resolves when this checkpoint, or a newer one, was taken. */
  async commit(checkpoint: LogCheckpoint): Promise<void> {
    this.offer(checkpoint)
    await this.settle()
  }

  /** Resolves when everything offered was taken. */
  async settle(): Promise<void> {
    await this.#running
    this.#throwFailure()
  }

  async #run(): Promise<void> {
    try {
      while (this.#waiting !== undefined) {
        const checkpoint = this.#waiting
        this.#waiting = undefined
        await this.#write(checkpoint)
      }
    } catch (error) {
      this.#failure = { cause: error }
    }
    this.#running = undefined
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.cause
  }
}

/** One result of {@link Executor.check}. */
export interface Finding {
  /** Stable id, e.g. `process.data-dir`. */
  readonly id: string
  readonly level: 'ok' | 'warning' | 'error'
  /** What was looked at and what was found. */
  readonly message: string
  /** What to do about it. */
  readonly remedy?: string
}

const brand = Symbol.for('scalr-agent.error')

/** What every error of the SDK may carry beside its message. */
export interface ScalrAgentErrorOptions {
  /** Stable, documented identifier (see `docs/errors.md`). */
  readonly code: string
  /** Whether the same call may succeed later. @default false */
  readonly retryable?: boolean
  readonly cause?: unknown
}

/**
 * Base of every error that the SDK throws. A failed job is data, never an error; an error means
 * that the SDK or an engine could not do its work.
 *
 * The message says what was being done, on what, what went wrong and what to do. It never holds a
 * secret.
 */
export abstract class ScalrAgentError extends Error {
  abstract override readonly name: string
  readonly code: string
  readonly retryable: boolean

  constructor(message: string, options: ScalrAgentErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = options.code
    this.retryable = options.retryable ?? false
    Object.defineProperty(this, brand, { value: true })
  }

  /** Tells our errors from others, also across two copies of the package. */
  static isInstance(value: unknown): value is ScalrAgentError {
    return typeof value === 'object' && value !== null && brand in value
  }
}

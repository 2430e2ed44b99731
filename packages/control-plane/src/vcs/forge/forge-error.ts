/** A call to a forge failed. The message is for people. */
export class ForgeError extends Error {
  override readonly name = 'ForgeError'
  /** Whether another try may come to something else. */
  readonly isTransient: boolean
  /** Of the answer, if there was one. */
  readonly status: number | undefined
  /** How long the forge asked to wait. */
  readonly retryAfterMs: number | undefined

  constructor(
    message: string,
    options: {
      readonly isTransient: boolean
      readonly status?: number
      readonly retryAfterMs?: number | undefined
      readonly cause?: unknown
    },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.isTransient = options.isTransient
    this.status = options.status
    this.retryAfterMs = options.retryAfterMs
  }
}

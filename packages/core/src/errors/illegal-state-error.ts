import { ScalrAgentError } from './scalr-agent-error.ts'

/** A call that is not legal in the present state: a fault in the calling code. */
export class IllegalStateError extends ScalrAgentError {
  override readonly name = 'IllegalStateError'

  constructor(
    message: string,
    options: {
      readonly code?: 'ILLEGAL_STATE'
      readonly retryable?: boolean
      readonly cause?: unknown
    } = {},
  ) {
    super(message, {
      code: options.code ?? 'ILLEGAL_STATE',
      retryable: options.retryable ?? false,
      cause: options.cause,
    })
  }
}

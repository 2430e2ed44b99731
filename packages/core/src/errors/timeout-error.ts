import { ScalrAgentError } from './scalr-agent-error.ts'

/** Something took longer than its time-out. */
export class TimeoutError extends ScalrAgentError {
  override readonly name = 'TimeoutError'

  constructor(
    message: string,
    options: {
      readonly code?: 'TIMEOUT'
      readonly retryable?: boolean
      readonly cause?: unknown
    } = {},
  ) {
    super(message, {
      code: options.code ?? 'TIMEOUT',
      retryable: options.retryable ?? true,
      cause: options.cause,
    })
  }
}

import { ScalrAgentError } from './scalr-agent-error.ts'

/** A stop took longer than it may; names what was still running. */
export class ShutdownTimeoutError extends ScalrAgentError {
  override readonly name = 'ShutdownTimeoutError'

  constructor(
    message: string,
    options: {
      readonly code?: 'SHUTDOWN_TIMEOUT'
      readonly retryable?: boolean
      readonly cause?: unknown
    } = {},
  ) {
    super(message, {
      code: options.code ?? 'SHUTDOWN_TIMEOUT',
      retryable: options.retryable ?? false,
      cause: options.cause,
    })
  }
}

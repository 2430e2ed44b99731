import { ScalrAgentError } from './scalr-agent-error.ts'

/** A reply, file or record did not match its schema; names the path and the issue. */
export class ProtocolError extends ScalrAgentError {
  override readonly name = 'ProtocolError'

  constructor(
    message: string,
    options: {
      readonly code?:
        | 'INVALID_REPLY'
        | 'VERSION'
        | 'DIGEST_MISMATCH'
        | 'TOO_LARGE'
        | 'INVALID_ARCHIVE'
        | 'INVALID_RECORD'
      readonly retryable?: boolean
      readonly cause?: unknown
    } = {},
  ) {
    super(message, {
      code: options.code ?? 'INVALID_REPLY',
      retryable: options.retryable ?? false,
      cause: options.cause,
    })
  }
}

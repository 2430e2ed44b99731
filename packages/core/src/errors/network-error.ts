import { ScalrAgentError } from './scalr-agent-error.ts'

/** No answer came: DNS, TCP, TLS, proxy or a cut connection. */
export class NetworkError extends ScalrAgentError {
  override readonly name = 'NetworkError'

  constructor(
    message: string,
    options: {
      readonly code?: 'NETWORK' | 'TLS' | 'DNS' | 'PROXY'
      readonly retryable?: boolean
      readonly cause?: unknown
    } = {},
  ) {
    super(message, {
      code: options.code ?? 'NETWORK',
      retryable: options.retryable ?? true,
      cause: options.cause,
    })
  }
}

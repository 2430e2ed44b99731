import { ScalrAgentError } from '@scalr-agent/core'

/** There is no room for a webhook: the spool's quota or the disk is full. */
export class SpoolFullError extends ScalrAgentError {
  override readonly name = 'SpoolFullError'

  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, { code: 'SPOOL_FULL', retryable: true, cause: options.cause })
  }
}

import { ScalrAgentError } from '@scalr-agent/core'

/**
 * The control plane says that it will never take that webhook, however often it is sent: the spool parks
 * it. Every other failure of a delivery is taken for one that passes.
 */
export class WebhookRefusedError extends ScalrAgentError {
  override readonly name = 'WebhookRefusedError'

  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, { code: 'WEBHOOK_REFUSED', cause: options.cause })
  }
}

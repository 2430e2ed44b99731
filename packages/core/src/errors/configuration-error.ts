import type { ZodError } from 'zod'

import { ScalrAgentError } from './scalr-agent-error.ts'

/** Options, environment variables or a token are wrong. Nothing was started. */
export class ConfigurationError extends ScalrAgentError {
  override readonly name = 'ConfigurationError'

  constructor(
    message: string,
    options: {
      readonly code?:
        | 'INVALID_OPTIONS'
        | 'INVALID_TOKEN'
        | 'INSECURE_URL'
        | 'DATA_DIR_UNUSABLE'
        | 'DATA_DIR_IN_USE'
        | 'INVALID_CA'
      readonly cause?: unknown
    } = {},
  ) {
    super(message, { code: options.code ?? 'INVALID_OPTIONS', cause: options.cause })
  }

  /** One readable line for each issue that zod found. */
  static fromZod(what: string, error: ZodError): ConfigurationError {
    const lines = error.issues.map((issue) => {
      const path = issue.path.map(String).join('.')
      return `  - ${path === '' ? '' : `${path}: `}${issue.message}`
    })
    return new ConfigurationError(`Cannot use ${what}:\n${lines.join('\n')}`, { cause: error })
  }
}

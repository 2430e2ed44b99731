import { ScalrAgentError } from './scalr-agent-error.ts'

/** One entry of an error answer: JSON:API `errors[]` or a problem document. */
export interface ApiErrorDetail {
  readonly title?: string
  readonly detail?: string
  readonly pointer?: string
}

/** What the server answered, and to which call. */
export interface ApiErrorOptions {
  readonly method: string
  /** Path and query without secrets; never the whole URL with user info. */
  readonly path: string
  readonly status: number
  readonly details?: readonly ApiErrorDetail[]
  /** `type` of an RFC 9457 problem document. */
  readonly problemType?: string
  readonly requestId?: string
  readonly retryAfterMs?: number
  readonly cause?: unknown
}

/** A server answered a call with an error status. Never holds the token. */
export class ApiError extends ScalrAgentError {
  override readonly name: string = 'ApiError'
  readonly method: string
  readonly path: string
  readonly status: number
  readonly details: readonly ApiErrorDetail[]
  readonly problemType: string | undefined
  readonly requestId: string | undefined
  readonly retryAfterMs: number | undefined

  constructor(message: string, options: ApiErrorOptions) {
    super(message, {
      code: `HTTP_${options.status}`,
      retryable:
        [408, 425, 429].includes(options.status) ||
        (options.status >= 500 && options.status !== 501),
      cause: options.cause,
    })
    this.method = options.method
    this.path = options.path
    this.status = options.status
    this.details = options.details ?? []
    this.problemType = options.problemType
    this.requestId = options.requestId
    this.retryAfterMs = options.retryAfterMs
  }
}

/** 401 or 403: the token is wrong, expired or revoked. The agent stops. */
export class AuthenticationError extends ApiError {
  override readonly name = 'AuthenticationError'
}

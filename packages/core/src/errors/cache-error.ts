import { ScalrAgentError } from './scalr-agent-error.ts'

/** Why a cache could not give what a job asked for. */
export type CacheErrorCode =
  | 'NOT_FOUND'
  | 'REFUSED'
  | 'CORRUPT'
  | 'BAD_SIGNATURE'
  | 'UNREACHABLE'
  | 'CACHE_UNUSABLE'

/** A program or provider could not be brought into a cache. The cache itself stays as it was. */
export class CacheError extends ScalrAgentError {
  override readonly name = 'CacheError'
  /** What was wanted, e.g. `terraform 1.11.4`. */
  readonly item: string

  constructor(
    message: string,
    options: {
      readonly item: string
      readonly code: CacheErrorCode
      readonly retryable?: boolean
      readonly cause?: unknown
    },
  ) {
    super(message, {
      code: options.code,
      retryable: options.retryable ?? options.code === 'UNREACHABLE',
      cause: options.cause,
    })
    this.item = options.item
  }
}

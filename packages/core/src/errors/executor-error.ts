import { ScalrAgentError } from './scalr-agent-error.ts'

/** What an executor could not do. */
export type ExecutorErrorCode =
  | 'UNAVAILABLE'
  | 'REJECTED'
  | 'IMAGE_PULL_FAILED'
  | 'SCHEDULING_TIMEOUT'
  | 'OUTPUT_LOST'
  | 'INVALID_SPEC'
  | 'INVALID_FILES'
  | 'ENGINE_FAILURE'

/** The engine behind an executor could not do its work. How a workload ended is never one of these. */
export class ExecutorError extends ScalrAgentError {
  override readonly name = 'ExecutorError'
  /** Name of the executor, e.g. `process`. */
  readonly executor: string
  /** What was being done, e.g. `launch`. */
  readonly phase: string

  constructor(
    message: string,
    options: {
      readonly executor: string
      readonly phase: string
      readonly code: ExecutorErrorCode
      readonly retryable?: boolean
      readonly cause?: unknown
    },
  ) {
    super(message, {
      code: options.code,
      retryable: options.retryable ?? options.code === 'UNAVAILABLE',
      cause: options.cause,
    })
    this.executor = options.executor
    this.phase = options.phase
  }
}

import { ApiError, ScalrAgentError, TimeoutError } from '../errors/index.ts'
import type { Clock, Logger } from '../runtime/index.ts'

export interface UploadRetryOptions {
  readonly clock: Clock
  /** From 0 to below 1. */
  readonly random: () => number
  readonly logger: Logger
  /** Errors that end the upload at once though they look as if they could be retried. */
  readonly isFinal: (error: unknown) => boolean
  /** How long the same call is tried before its error is final. */
  readonly retryForMs: number
  /** Longest single attempt. */
  readonly attemptTimeoutMs: number
}

const firstDelayMs = 500
const longestDelayMs = 30_000

/** Full jitter: anything from nothing to a bound that doubles with each attempt, up to 30 s. */
export function retryDelayMs(attempt: number, random: () => number): number {
  return random() * Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(attempt, 16))
}

/** Calls until it succeeds, an error is final, or time is up. */
export async function retryUpload<T>(
  what: string,
  call: (signal: AbortSignal) => Promise<T>,
  options: UploadRetryOptions,
  signal: AbortSignal,
): Promise<T> {
  const { clock, logger } = options
  const startedMs = clock.monotonicMs()
  for (let attempt = 0; ; attempt++) {
    try {
      return await attemptOnce(what, call, options, signal)
    } catch (error) {
      signal.throwIfAborted()
      if (options.isFinal(error) || !ScalrAgentError.isInstance(error) || !error.retryable)
        throw error
      if (clock.monotonicMs() - startedMs >= options.retryForMs) throw error
      const askedMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0
      const delayMs = Math.max(askedMs, retryDelayMs(attempt, options.random))
      logger.warn({ err: error, attempt: attempt + 1, delayMs }, `Cannot ${what}; trying again`)
      await clock.sleep(delayMs, { signal })
    }
  }
}

async function attemptOnce<T>(
  what: string,
  call: (signal: AbortSignal) => Promise<T>,
  options: UploadRetryOptions,
  signal: AbortSignal,
): Promise<T> {
  const { clock, attemptTimeoutMs } = options
  const attempt = new AbortController()
  const timer = new AbortController()
  const abort = () => attempt.abort(signal.reason)
  signal.throwIfAborted()
  signal.addEventListener('abort', abort, { once: true })
  const timedOut = clock.sleep(attemptTimeoutMs, { signal: timer.signal }).then(
    () => {
      attempt.abort(
        new TimeoutError(
          `Cannot ${what}: no answer from the control plane in ${attemptTimeoutMs} ms.`,
        ),
      )
    },
    () => {},
  )
  try {
    return await call(attempt.signal)
  } catch (error) {
    // What the call threw when it was aborted tells less than why.
    throw attempt.signal.aborted ? attempt.signal.reason : error
  } finally {
    signal.removeEventListener('abort', abort)
    timer.abort()
    await timedOut
  }
}

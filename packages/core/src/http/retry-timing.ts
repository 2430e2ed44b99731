/** When to try again: full jitter over a doubling window. */
export interface RetryTiming {
  /** Width of the first window. @default 500 */
  readonly baseMs?: number
  /** Widest window. @default 64_000 */
  readonly maxMs?: number
}

/**
 * Milliseconds to wait before the next attempt: anywhere in `[0, base * 2^(attempt - 1)]`, so that
 * agents that lost the same server do not come back at the same moment. A `Retry-After` is a floor, on
 * which the jitter comes.
 */
export function retryDelayMs(options: {
  /** How many attempts have failed, from 1. */
  readonly attempt: number
  /** From 0 to 1. */
  readonly random: number
  readonly retryAfterMs?: number | undefined
  readonly timing?: RetryTiming | undefined
}): number {
  const baseMs = options.timing?.baseMs ?? 500
  const maxMs = options.timing?.maxMs ?? 64_000
  const windowMs = Math.min(maxMs, baseMs * 2 ** Math.min(options.attempt - 1, 30))
  const jitterMs = options.random * windowMs
  if (options.retryAfterMs === undefined) return jitterMs
  return options.retryAfterMs + Math.min(jitterMs, baseMs)
}

/** Whether the server says with that status that it did nothing. */
export function isUnprocessedStatus(status: number): boolean {
  return status === 425 || status === 429
}

import { CacheError, NetworkError, ProtocolError, ScalrAgentError } from '../../errors/index.ts'

/** Whether another attempt may have a better end. */
export function isPassing(error: unknown): boolean {
  return ScalrAgentError.isInstance(error) && error.retryable
}

/**
 * A failure of the network in the words of a cache. What is none stays as it is.
 *
 * @param begunAttempts how many attempts it took, where the last one had begun to send the file
 */
export function downloadError(
  error: unknown,
  item: string,
  begunAttempts: number | undefined,
): unknown {
  if (error instanceof CacheError || !ScalrAgentError.isInstance(error)) return error
  if (error instanceof ProtocolError) {
    return new CacheError(error.message, { item, code: 'CORRUPT', cause: error })
  }
  if (error instanceof NetworkError && error.code === 'NETWORK' && begunAttempts !== undefined) {
    const attempts = begunAttempts === 1 ? '1 attempt' : `${begunAttempts} attempts`
    return new CacheError(
      `${error.message} The file did not arrive whole in ${attempts}; nothing of it was kept.`,
      { item, code: 'CORRUPT', retryable: true, cause: error },
    )
  }
  return new CacheError(error.message, { item, code: 'UNREACHABLE', cause: error })
}

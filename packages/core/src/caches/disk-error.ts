import { CacheError, ScalrAgentError } from '../errors/index.ts'
import { errorCode } from './or-missing.ts'

/** A failure of the cache's own disk, in words that say what to do. What is none stays as it is. */
export function diskError(
  error: unknown,
  context: { readonly item: string; readonly path: string },
): unknown {
  if (ScalrAgentError.isInstance(error) || errorCode(error) === undefined) return error
  return new CacheError(`Cannot keep ${context.item} in ${context.path}: ${diskProblem(error)}.`, {
    item: context.item,
    code: 'CACHE_UNUSABLE',
    cause: error,
  })
}

/** Whether space has to be made before it can be tried again. */
export function isDiskFull(error: unknown): boolean {
  const code = errorCode(error instanceof CacheError ? error.cause : error)
  return code === 'ENOSPC' || code === 'EDQUOT'
}

/** What is wrong with a directory, and what to do, without the stop at its end. */
export function diskProblem(error: unknown): string {
  const code = errorCode(error) ?? 'unknown'
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return `the disk is full (${code}). Free some space, lower the size limits of the caches, or put the cache directory on a larger disk`
    case 'EROFS':
      return `it is mounted read-only (${code}). Choose another cache directory`
    case 'EACCES':
    case 'EPERM':
      return `this user may not write there (${code}). Make it writable, or choose another cache directory`
    case 'EXDEV':
      return `its directories lie on different file systems (${code}). Mount the cache directory as one`
    default:
      return error instanceof Error ? error.message : String(error)
  }
}

import { CacheError, ScalrAgentError } from '../errors/index.ts'
import type { FailureCause } from '../protocol/index.ts'
import type { JobFailure } from './job-record.ts'

/** What an error before or at the launch means for the job: a failure with that cause, or a full disk. */
export function failureOf(error: unknown, cause: FailureCause): JobFailure {
  const message = describe(error)
  if (isDiskFull(error)) {
    return {
      cause: 'disk-full',
      message: `${message} The disk is full: free space where the agent keeps its data.`,
    }
  }
  if (error instanceof CacheError) {
    return { cause: 'tool-not-found', message, evidence: `${error.code}: ${error.item}` }
  }
  if (ScalrAgentError.isInstance(error) && error.code === 'INVALID_FILES') {
    return { cause: 'preparation', message }
  }
  return { cause, message }
}

/** Whether a write of our own found the disk, or a quota, full. */
export function isDiskFull(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth += 1) {
    if ('code' in at && (at.code === 'ENOSPC' || at.code === 'EDQUOT')) return true
  }
  return false
}

/** Message and, behind it, what lies below: an error of ours never holds a secret. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { cause } = error
  return cause instanceof Error && !error.message.includes(cause.message)
    ? `${error.message} (${cause.message})`
    : error.message
}

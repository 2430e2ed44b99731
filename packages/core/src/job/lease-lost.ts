import { ApiError, AuthenticationError } from '../errors/index.ts'
import { problemTypes } from '../protocol/index.ts'

/**
 * Whether the control plane says that the job is no longer ours: its lease went to another, or it has
 * ended. Final: nothing more may be sent about it (I5). A job token is only refused for that reason.
 */
export function isLeaseLost(error: unknown): boolean {
  if (error instanceof AuthenticationError) return true
  return (
    error instanceof ApiError &&
    (error.problemType === problemTypes.leaseLost || error.problemType === problemTypes.notFound)
  )
}

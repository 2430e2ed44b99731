import { ApiError } from '../errors/index.ts'
import { problemTypes } from '../protocol/index.ts'

/**
 * Whether the control plane says that the job is no longer ours: its lease went to another, or it has
 * ended. Final: nothing more may be sent about it (I5). A refused token says nothing of the kind: `start`
 * gives a new one, or says that the job is lost.
 */
export function isLeaseLost(error: unknown): boolean {
  return (
    error instanceof ApiError &&
    (error.problemType === problemTypes.leaseLost || error.problemType === problemTypes.notFound)
  )
}

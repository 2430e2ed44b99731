import { ExecutorError, type ExecutorErrorCode } from '../errors/index.ts'

/** Makes the errors of one executor. */
export type MakeExecutorError = (
  code: ExecutorErrorCode,
  /** What was being done, e.g. `launch`. */
  phase: string,
  message: string,
  cause?: unknown,
) => ExecutorError

/** What makes the errors of the executor of that name. */
export function executorErrors(executor: string): MakeExecutorError {
  return (code, phase, message, cause) =>
    new ExecutorError(message, { executor, phase, code, cause })
}

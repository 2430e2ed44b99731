import { ExecutorError, ScalrAgentError, type ExecutorErrorCode } from '@scalr-agent/core'
import { executorErrors } from '@scalr-agent/core/container'

export const executorName = 'process'

/** What was being done, in words that fit into "Cannot …". */
export interface ProcessErrorContext {
  /** e.g. `launch`. */
  readonly phase: string
  /** e.g. ``launch workload `job-1` ``; the message begins with "Cannot" and this. */
  readonly doing: string
}

interface Translation {
  readonly code: ExecutorErrorCode
  readonly retryable: boolean
  readonly what: string
  readonly remedy: string
}

/** System errors that have a remedy; all others are `ENGINE_FAILURE` with the system's own words. */
const translations: Readonly<Record<string, Translation>> = {
  ENOSPC: {
    code: 'UNAVAILABLE',
    retryable: true,
    what: 'the disk (or its quota of files) is full',
    remedy: 'Free space below the data directory.',
  },
  EDQUOT: {
    code: 'UNAVAILABLE',
    retryable: true,
    what: 'the disk quota of this user is used up',
    remedy: 'Free space below the data directory or raise the quota.',
  },
  EROFS: {
    code: 'UNAVAILABLE',
    retryable: false,
    what: 'the file system is read-only',
    remedy: 'Choose a data directory that can be written to.',
  },
  EACCES: {
    code: 'UNAVAILABLE',
    retryable: false,
    what: 'permission was denied',
    remedy: 'Give the user of the agent the data directory (owner, mode 0700).',
  },
  EPERM: {
    code: 'UNAVAILABLE',
    retryable: false,
    what: 'the operation is not permitted',
    remedy: 'Run the agent as root to use other users, or without `user`.',
  },
  EMFILE: {
    code: 'UNAVAILABLE',
    retryable: true,
    what: 'the agent has too many open files',
    remedy: 'Raise the limit of open files (`ulimit -n`).',
  },
  ENFILE: {
    code: 'UNAVAILABLE',
    retryable: true,
    what: 'the machine has too many open files',
    remedy: 'Raise `fs.file-max`.',
  },
  EAGAIN: {
    code: 'UNAVAILABLE',
    retryable: true,
    what: 'the machine can start no more processes',
    remedy: 'Raise the limit of processes (`ulimit -u`, pids cgroup).',
  },
  ENOMEM: {
    code: 'UNAVAILABLE',
    retryable: true,
    what: 'the machine is out of memory',
    remedy: 'Run fewer jobs at once.',
  },
  E2BIG: {
    code: 'INVALID_SPEC',
    retryable: false,
    what: 'arguments and environment are larger than the system allows',
    remedy: 'Hand large values over as files.',
  },
  EIO: {
    code: 'ENGINE_FAILURE',
    retryable: false,
    what: 'the disk reported an input/output error',
    remedy: 'Look at the system log; the disk may be failing.',
  },
}

/** An error of this executor with its own words. */
export const processError = executorErrors(executorName)

/** Turns whatever the system threw into an {@link ExecutorError}; our own errors pass as they are. */
export function toProcessError(error: unknown, context: ProcessErrorContext): ScalrAgentError {
  if (ScalrAgentError.isInstance(error)) return error
  const systemCode = errorCode(error)
  const translation = systemCode === undefined ? undefined : translations[systemCode]
  if (translation === undefined) {
    const why = error instanceof Error ? error.message : String(error)
    return processError('ENGINE_FAILURE', context.phase, `Cannot ${context.doing}: ${why}.`, error)
  }
  const where = errorPath(error)
  return new ExecutorError(
    `Cannot ${context.doing}: ${translation.what} (${systemCode}${where}). ${translation.remedy}`,
    {
      executor: executorName,
      phase: context.phase,
      code: translation.code,
      retryable: translation.retryable,
      cause: error,
    },
  )
}

/** `code` of a Node system error. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

function errorPath(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('path' in error)) return ''
  return typeof error.path === 'string' ? ` at ${error.path}` : ''
}

/** Runs `work` and answers `undefined` when it failed with one of these system codes. */
export async function unless<T>(
  codes: readonly string[],
  work: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    const code = errorCode(error)
    if (code !== undefined && codes.includes(code)) return undefined
    throw error
  }
}

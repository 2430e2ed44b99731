import { ScalrAgentError, type ExecutorError, type ExecutorErrorCode } from '@scalr-agent/core'
import { executorErrors } from '@scalr-agent/core/container'

export const executorName = 'docker'

/** What was being done, in words that fit into "Cannot …". */
export interface DockerErrorContext {
  /** e.g. `launch`. */
  readonly phase: string
  /** e.g. ``launch workload `job-1` ``; the message begins with "Cannot" and this. */
  readonly doing: string
}

/** What the engine (or the way to it) said, apart from how dockerode says it. */
export interface EngineComplaint {
  /** HTTP status of the engine's answer; absent when there was none. */
  readonly status: number | undefined
  /** The engine's own words. */
  readonly message: string
}

/** Errors of the way to the engine: nobody knows whether it did what it was asked. */
const awayCodes = new Set([
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EAI_AGAIN',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'ENOTFOUND',
  'EPIPE',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ETIMEDOUT',
])

/** Thrown by our own time limit on one call. */
export class EngineSilentError extends Error {
  override readonly name = 'EngineSilentError'
}

/** An error of this executor with its own words. */
export const dockerError = executorErrors(executorName)

/** Turns whatever dockerode threw into an {@link ExecutorError}; our own errors pass as they are. */
export function toDockerError(error: unknown, context: DockerErrorContext): ScalrAgentError {
  if (ScalrAgentError.isInstance(error)) return error
  const { message, status } = complaintOf(error)
  const make = (code: ExecutorErrorCode, what: string, remedy: string): ExecutorError =>
    dockerError(code, context.phase, `Cannot ${context.doing}: ${what}. ${remedy}`.trim(), error)
  if (isEngineAway(error)) {
    return make(
      'UNAVAILABLE',
      `the Docker engine does not answer (${message})`,
      'Look whether dockerd runs and can be reached; the agent goes on once it answers.',
    )
  }
  if (errorCode(error) === 'EACCES') {
    return make(
      'REJECTED',
      'the agent may not open the socket of the Docker engine (EACCES)',
      'Put its user into the group of the socket (often `docker`), or use a rootless engine.',
    )
  }
  if (/no space left on device|disk quota exceeded/iu.test(message)) {
    return make(
      'UNAVAILABLE',
      `the disk of the Docker engine is full (${message})`,
      'Free space on it.',
    )
  }
  if (status === 401 || status === 407) {
    return make('REJECTED', `the Docker engine wants other credentials: ${message}`, '')
  }
  if (status === 400 || status === 403 || status === 409) {
    return make('REJECTED', `the Docker engine refused it: ${message}`, '')
  }
  return make('ENGINE_FAILURE', `the Docker engine failed: ${message}`, '')
}

/** The engine could not be reached, or fell silent: ask again later. */
export function isEngineAway(error: unknown): boolean {
  if (error instanceof EngineSilentError) return true
  if (ScalrAgentError.isInstance(error)) return error.code === 'UNAVAILABLE' && error.retryable
  const status = statusOf(error)
  if (status !== undefined) return status === 502 || status === 503 || status === 504
  const code = errorCode(error)
  if (code !== undefined && awayCodes.has(code)) return true
  return error instanceof Error && /socket hang up|^aborted$/u.test(error.message)
}

/** The engine answered that what was asked for does not exist. */
export function isNotFound(error: unknown): boolean {
  return statusOf(error) === 404
}

/** The engine answered that this does not go in the present state (or that the name is taken). */
export function isConflict(error: unknown): boolean {
  return statusOf(error) === 409
}

/**
 * The engine answered that the container does not run (any more). Mostly a conflict; 20.10 says so by a 500
 * where the container ends between its look and the start of a process.
 */
export function isNotRunning(error: unknown): boolean {
  if (isConflict(error)) return true
  return statusOf(error) === 500 && /\bis not running\b/u.test(complaintOf(error).message)
}

/** The engine's own words, without dockerode's decoration. */
export function complaintOf(error: unknown): EngineComplaint {
  const status = statusOf(error)
  const text = error instanceof Error ? error.message : String(error)
  const message = text
    .replace(/^\(HTTP code \d+\) [^-]* - /u, '')
    .replaceAll(/\s+/gu, ' ')
    .trim()
    .replace(/\.$/u, '')
  return { status, message: message === '' ? 'no reason given' : message.slice(0, 2000) }
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined
  return typeof error.statusCode === 'number' ? error.statusCode : undefined
}

function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}

import { mkdir, realpath } from 'node:fs/promises'

import { ConfigurationError } from '../errors/index.ts'
import { SocketLock } from '../runtime/index.ts'

/**
 * Keeps a second agent of this machine off a data directory, until this process gives it back or dies.
 *
 * @throws {@link ConfigurationError} `DATA_DIR_IN_USE`, or `DATA_DIR_UNUSABLE` when the directory cannot be
 * made or locked.
 */
export async function lockDataDir(dataDir: string): Promise<AsyncDisposable> {
  let path: string
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    path = await realpath(dataDir)
  } catch (cause) {
    throw new ConfigurationError(
      `Cannot use the data directory ${dataDir}: ${reason(cause)}. Choose another with dataDir or SCALR_AGENT_DATA_DIR, or make it writable for this user.`,
      { code: 'DATA_DIR_UNUSABLE', cause },
    )
  }
  const attempt = await new SocketLock('scalr-agent', path).take()
  if (attempt.kind === 'unavailable') {
    throw new ConfigurationError(
      `Cannot lock the data directory ${path}: ${reason(attempt.cause)}. Let this user make local sockets, also in the directory for temporary files.`,
      { code: 'DATA_DIR_UNUSABLE', cause: attempt.cause },
    )
  }
  if (attempt.kind === 'taken') {
    throw new ConfigurationError(
      `Cannot use the data directory ${path}: another agent on this machine is using it. Stop that one, or give this one its own dataDir.`,
      { code: 'DATA_DIR_IN_USE' },
    )
  }
  return { [Symbol.asyncDispose]: () => attempt.release() }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

import { mkdir, realpath } from 'node:fs/promises'

import { ConfigurationError } from '@scalr-agent/core'
import { SocketLock } from '@scalr-agent/core/runtime'

/**
 * Keeps other processes of this machine off the directory of a spool.
 *
 * @returns gives it back
 * @throws ConfigurationError
 */
export async function lockSpool(directory: string): Promise<() => Promise<void>> {
  let path: string
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    path = await realpath(directory)
  } catch (cause) {
    throw unusable(directory, cause)
  }
  const attempt = await new SocketLock('scalr-webhook-spool', path).take()
  if (attempt.kind === 'held') return () => attempt.release()
  if (attempt.kind === 'unavailable') throw unusable(directory, attempt.cause)
  throw new ConfigurationError(
    `Cannot use the webhook spool ${path}: another agent on this machine is using it. Stop that one, or give this one its own directory.`,
    { code: 'DATA_DIR_IN_USE' },
  )
}

/** Why a spool cannot work there, and what to do. */
export function unusable(directory: string, cause: unknown): ConfigurationError {
  return new ConfigurationError(
    `Cannot use the webhook spool ${directory}: ${messageOf(cause)}. Choose another directory, or make it writable for this user.`,
    { code: 'DATA_DIR_UNUSABLE', cause },
  )
}

/** What went wrong, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

import { execFile } from 'node:child_process'
import { mkdir, realpath, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import type { Staging } from './staging.ts'

const execute = promisify(execFile)

/** Makes the directory of the cache, and returns why it cannot be used, if so. */
export async function checkCacheDirectory(
  directory: string,
  staging: Staging,
): Promise<string | undefined> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o755 })
    await realpath(directory)
    await using place = await staging.open()
    const program = join(place.path, 'program')
    await writeFile(program, '#!/bin/sh\nexit 0\n', { mode: 0o755 })
    return await execute(program).then(
      () => undefined,
      (error: unknown) =>
        codeOf(error) === 'EACCES'
          ? `programs cannot be started from ${directory}: it is mounted noexec`
          : // Anything else (ETXTBSY, no /bin/sh) says nothing about the mount.
            undefined,
    )
  } catch (error) {
    return `${directory} ${problemOf(codeOf(error))}`
  }
}

/** What is wrong with a directory that could not be written, from the code of the system. */
export function problemOf(code: string): string {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'is on a disk that is full'
    case 'EROFS':
      return 'is mounted read-only'
    case 'EACCES':
    case 'EPERM':
      return 'is not writable for the agent'
    default:
      return `cannot be written (${code})`
  }
}

/** The code of an error of the system. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}

import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { errorCode } from '../or-missing.ts'
import type { Staging } from '../staging.ts'
import { makeDirectory } from './make-directory.ts'

const execute = promisify(execFile)

/** Whether the directory of the cache can be used at all. */
export class CacheDirectory {
  readonly #directory: string
  readonly #staging: Staging
  #isGood = false

  constructor(directory: string, staging: Staging) {
    this.#directory = directory
    this.#staging = staging
  }

  /**
   * Makes it, and returns why it cannot be used, if so. Asked again until it is good, since it may be
   * mended while the agent runs.
   */
  async problem(): Promise<string | undefined> {
    if (this.#isGood) return undefined
    try {
      await makeDirectory(this.#directory)
      const code = await this.#staging.use((place) => startProgramIn(place))
      // Any other failure (no /bin/sh) says nothing about the mount.
      this.#isGood = code !== 'EACCES'
      return this.#isGood
        ? undefined
        : `programs cannot be started from ${this.#directory}, which is mounted noexec`
    } catch (error) {
      return `${this.#directory} ${diskProblem(error)}`
    }
  }
}

/** What is wrong with a directory that could not be written. */
export function diskProblem(error: unknown): string {
  const code = errorCode(error) ?? 'unknown'
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

/** The code of the error that came of it, if any. */
async function startProgramIn(directory: string): Promise<string | undefined> {
  const program = join(directory, 'program')
  await writeFile(program, '#!/bin/sh\nexit 0\n', { mode: 0o755 })
  return execute(program).then(() => undefined, errorCode)
}

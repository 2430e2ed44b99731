import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { diskProblem } from '../disk-error.ts'
import { makeDirectory } from '../make-directory.ts'
import { errorCode } from '../or-missing.ts'
import type { Staging } from '../staging.ts'

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
      return `${this.#directory}: ${diskProblem(error)}`
    }
  }
}

/** The code of the error that came of it, if any. */
async function startProgramIn(directory: string): Promise<string | undefined> {
  const program = join(directory, 'program')
  await writeFile(program, '#!/bin/sh\nexit 0\n', { mode: 0o755 })
  return execute(program).then(() => undefined, errorCode)
}

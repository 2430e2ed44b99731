import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'

import type { Logger } from '../../runtime/index.ts'
import type { ToolName, ToolRequest } from '../job-caches.ts'

interface Question {
  readonly args: readonly string[]
  readonly answer: RegExp
}

const questions: Readonly<Record<ToolName, Question>> = {
  terraform: { args: ['version'], answer: /^Terraform v(\S+)/mu },
  tofu: { args: ['version'], answer: /^OpenTofu v(\S+)/mu },
  terragrunt: { args: ['--version'], answer: /^terragrunt version v?(\S+)/imu },
  opa: { args: ['version'], answer: /^Version: v?(\S+)/mu },
}

const answerTimeoutMs = 20_000

/** The programs of a `PATH`. Each is asked for its version once, until its file changes. */
export class InstalledTools {
  readonly #logger: Logger
  readonly #known = new Map<string, Asked>()

  constructor(options: { readonly logger: Logger }) {
    this.#logger = options.logger
  }

  /** Absolute path of the first program with exactly that version, or of the first at all for `null`. */
  async find(tool: ToolRequest, path: string): Promise<string | undefined> {
    // A relative directory would be another one in each job.
    for (const directory of path.split(delimiter).filter(isAbsolute)) {
      const program = join(directory, tool.name)
      const identity = await identify(program)
      if (identity === undefined) continue
      if (tool.version === null) return program
      if ((await this.#version(tool.name, program, identity, path)) === tool.version) return program
    }
    return undefined
  }

  #version(
    tool: ToolName,
    program: string,
    identity: string,
    path: string,
  ): Promise<string | undefined> {
    const known = this.#known.get(program)
    if (known?.identity === identity) return known.version
    const version = this.#ask(tool, program, path)
    this.#known.set(program, { identity, version })
    return version
  }

  async #ask(tool: ToolName, program: string, path: string): Promise<string | undefined> {
    const { args, answer } = questions[tool]
    const output = await new Promise<string | Error>((resolve) => {
      execFile(
        program,
        args,
        {
          cwd: '/',
          // Nothing of the agent's own environment, where its token is.
          env: { PATH: path, HOME: '/nonexistent', CHECKPOINT_DISABLE: '1' },
          timeout: answerTimeoutMs,
          killSignal: 'SIGKILL',
          maxBuffer: 256 * 1024,
        },
        (error, stdout) => resolve(error ?? stdout),
      )
    })
    const version = typeof output === 'string' ? answer.exec(output)?.[1] : undefined
    if (version === undefined) {
      this.#logger.warn(
        { program, ...(typeof output === 'string' ? {} : { err: output }) },
        'A program in PATH does not tell its version, so it is not used',
      )
    }
    return version
  }
}

interface Asked {
  readonly identity: string
  readonly version: Promise<string | undefined>
}

/** Changes with the file; `undefined`, where there is no program. */
async function identify(program: string): Promise<string | undefined> {
  try {
    await access(program, constants.X_OK)
    const found = await stat(program)
    return found.isFile() ? `${found.ino}:${found.size}:${found.mtimeMs}` : undefined
  } catch {
    return undefined
  }
}

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** No settings of the user, and never a question to a person. */
const environment = {
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'Ada',
  GIT_AUTHOR_EMAIL: 'ada@example.test',
  GIT_COMMITTER_NAME: 'Ada',
  GIT_COMMITTER_EMAIL: 'ada@example.test',
} as const

/** Runs git. @returns what it prints */
export async function runGit(
  directory: string,
  parameters: readonly string[],
  options: { readonly signal?: AbortSignal } = {},
): Promise<string> {
  const { stdout } = await execute('git', [...parameters], {
    cwd: directory,
    env: environment,
    ...options,
  })
  return stdout.trim()
}

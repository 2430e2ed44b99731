import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** No settings of the machine, and never a question to a person. */
const gitEnvironment = {
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

/** Runs real git. @returns what it prints */
export async function git(directory: string, ...parameters: readonly string[]): Promise<string> {
  const { stdout } = await execute('git', [...parameters], {
    cwd: directory,
    env: gitEnvironment,
    maxBuffer: 64 * 1024 ** 2,
  })
  return stdout.trim()
}

/** A working tree of a test. */
export class WorkTree implements AsyncDisposable {
  readonly directory: string

  private constructor(directory: string) {
    this.directory = directory
  }

  /** A new repository, whose `origin` is that URL. */
  static async create(origin: string): Promise<WorkTree> {
    const directory = await mkdtemp(join(tmpdir(), 'work-tree-'))
    await git(directory, 'init', '--quiet', '--initial-branch', 'main')
    await git(directory, 'remote', 'add', 'origin', origin)
    return new WorkTree(directory)
  }

  git(...parameters: readonly string[]): Promise<string> {
    return git(this.directory, ...parameters)
  }

  /** Commits these files beside those that are there. @returns the commit */
  async commit(
    files: Readonly<Record<string, string | Uint8Array>>,
    message = 'Change',
  ): Promise<string> {
    for (const [name, content] of Object.entries(files)) {
      const path = join(this.directory, name)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, content)
    }
    await this.git('add', '--all')
    await this.git('commit', '--quiet', '--allow-empty', '--message', message)
    return await this.git('rev-parse', 'HEAD')
  }

  /** Commits and pushes. @returns the commit */
  async push(
    files: Readonly<Record<string, string | Uint8Array>>,
    options: { readonly branch?: string; readonly message?: string } = {},
  ): Promise<string> {
    const commit = await this.commit(files, options.message)
    await this.git('push', '--quiet', 'origin', `HEAD:refs/heads/${options.branch ?? 'main'}`)
    return commit
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.directory, { recursive: true, force: true })
  }
}

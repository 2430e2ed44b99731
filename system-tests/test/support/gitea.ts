import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { vi } from 'vitest'

import { WorkTree } from './git.ts'
import { ownPort } from './own-port.ts'
import { enginesDirectory } from './tools.ts'

const execute = promisify(execFile)
const script = fileURLToPath(new URL('../../../scripts/engines/gitea.sh', import.meta.url))

/** Whether `pnpm engines up gitea` has built it; says that the suite is skipped where not. */
export function hasGitea(suite: string): boolean {
  const isHere = existsSync(join(enginesDirectory, 'bin/gitea'))
  if (!isHere) process.stdout.write(`SKIPPED ${suite}: \`pnpm engines up gitea\` builds Gitea\n`)
  return isHere
}

/** A commit status as Gitea tells it. */
export interface GiteaStatus {
  readonly context: string
  readonly status: string
  readonly target_url: string
  readonly description: string
}

/** A real Gitea of this test alone: its own port, repositories and administrator. */
export class Gitea implements AsyncDisposable {
  readonly #directory: string
  readonly url: string
  readonly token: string
  readonly owner = 'octo-org'

  private constructor(directory: string, url: string, token: string) {
    this.#directory = directory
    this.url = url
    this.token = token
  }

  static async start(): Promise<Gitea> {
    const directory = await mkdtemp(join(tmpdir(), 'gitea-'))
    const url = await runScript('up', directory, await ownPort())
    const token = (await readFile(join(directory, 'gitea/token'), 'utf8')).trim()
    const gitea = new Gitea(directory, url.replace(/\/$/u, ''), token)
    await gitea.api('POST', '/orgs', { username: gitea.owner })
    return gitea
  }

  /** Its own REST API, asked directly. */
  async api<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { authorization: `token ${this.token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`Gitea: ${method} ${path}: ${answer.status} ${text}`)
    return (text === '' ? undefined : JSON.parse(text)) as T
  }

  /** A private repository, and a working tree that pushes to it. */
  async repository(name: string): Promise<WorkTree> {
    await this.api('POST', `/orgs/${this.owner}/repos`, {
      name,
      private: true,
      default_branch: 'main',
    })
    const { host } = new URL(this.url)
    return await WorkTree.create(`http://git:${this.token}@${host}/${this.owner}/${name}.git`)
  }

  /** A webhook of pushes, pull requests and new tags. */
  async addHook(
    name: string,
    hook: { readonly url: string; readonly secret: string },
  ): Promise<number> {
    const { id } = await this.api<{ readonly id: number }>('POST', `${this.#repo(name)}/hooks`, {
      type: 'gitea',
      active: true,
      events: ['push', 'create', 'pull_request', 'pull_request_sync'],
      config: { url: hook.url, secret: hook.secret, content_type: 'json' },
    })
    return id
  }

  /** @returns its number */
  async pullRequest(
    name: string,
    options: { readonly head: string; readonly title: string },
  ): Promise<number> {
    // Gitea learns of a pushed branch a moment after git says that it is there.
    await vi.waitFor(() => this.api('GET', `${this.#repo(name)}/branches/${options.head}`), {
      timeout: 60_000,
    })
    const { number } = await this.api<{ readonly number: number }>(
      'POST',
      `${this.#repo(name)}/pulls`,
      { base: 'main', ...options },
    )
    return number
  }

  /** The statuses of a commit, the newest first. */
  async statuses(name: string, commit: string): Promise<readonly GiteaStatus[]> {
    return await this.api('GET', `${this.#repo(name)}/commits/${commit}/statuses`)
  }

  /** Stops it; `restart` brings it back at the same address. */
  async stop(): Promise<void> {
    await runScript('down', this.#directory, new URL(this.url).port)
  }

  async restart(): Promise<void> {
    await runScript('up', this.#directory, new URL(this.url).port)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await rm(this.#directory, { recursive: true, force: true })
  }

  #repo(name: string): string {
    return `/repos/${this.owner}/${name}`
  }
}

async function runScript(
  action: 'up' | 'down',
  stateDirectory: string,
  port: number | string,
): Promise<string> {
  const { stdout } = await execute('bash', [script, action], {
    env: {
      ...process.env,
      SCALR_SDK_ENGINES_STATE_DIR: stateDirectory,
      GITEA_PORT: String(port),
    },
  })
  return stdout.trim()
}

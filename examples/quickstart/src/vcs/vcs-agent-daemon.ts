import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

const main = resolve(import.meta.dirname, '../../../vcs-agent/src/main.ts')

export interface VcsAgentDaemonOptions {
  /** Configuration, secrets, spool. */
  readonly directory: string
  readonly controlPlaneUrl: string
  readonly poolToken: string
  readonly forge: { readonly url: string; readonly token: string }
  /** Projects that may be asked for. */
  readonly allowedProjects: readonly string[]
}

/** The VCS agent of examples/vcs-agent: a process of its own, as beside a private VCS. */
export class VcsAgentDaemon implements AsyncDisposable {
  readonly #process: ChildProcess
  readonly #lines: string[] = []
  #looks: (() => void)[] = []
  /** Where webhooks are to be sent, and with which secret. */
  readonly hook: { readonly path: string; readonly secret: string }

  private constructor(
    child: ChildProcess,
    hook: { readonly path: string; readonly secret: string },
  ) {
    this.#process = child
    this.hook = hook
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue
      createInterface(stream).on('line', (line) => {
        this.#lines.push(line)
        for (const look of this.#looks) look()
      })
    }
    child.once('exit', () => {
      for (const look of this.#looks) look()
    })
  }

  static async start(options: VcsAgentDaemonOptions): Promise<VcsAgentDaemon> {
    const { directory, forge, allowedProjects } = options
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const hook = {
      path: `/hooks/${randomBytes(24).toString('hex')}`,
      secret: randomBytes(24).toString('hex'),
    }
    const config = {
      vcs: {
        'private-git': {
          kind: 'github-enterprise',
          url: forge.url,
          credentials: { type: 'token', tokenFile: 'forge-token' },
          policy: { allowedProjects, write: ['statuses'] },
          hook: { pathFile: 'hook-path', secretFiles: ['hook-secret'], allowFrom: ['127.0.0.1'] },
        },
      },
      webhooks: { port: 0 },
    }
    const file = join(directory, 'vcs.json')
    for (const [name, content] of [
      ['vcs.json', JSON.stringify(config, undefined, 2)],
      ['forge-token', forge.token],
      ['hook-path', hook.path],
      ['hook-secret', hook.secret],
    ] as const) {
      await writeFile(join(directory, name), `${content}\n`, { mode: 0o600 })
    }
    const child = spawn(process.execPath, ['--conditions=@scalr-agent/source', main], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        ...(process.env['NODE_COMPILE_CACHE'] === undefined
          ? {}
          : { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] }),
        SCALR_AGENT_VCS_CONFIG: file,
        SCALR_URL: options.controlPlaneUrl,
        SCALR_AGENT_TOKEN: options.poolToken,
        SCALR_AGENT_NAME: 'vcs-agent',
        SCALR_AGENT_DATA_DIR: join(directory, 'data'),
      },
    })
    return new VcsAgentDaemon(child, hook)
  }

  /** Resolves when it is connected and listens. @returns where webhooks are taken */
  async ready(options: { readonly signal: AbortSignal }): Promise<string> {
    await this.#untilLine('The VCS agent is connected', options.signal)
    const line = await this.#untilLine('Listening for webhooks', options.signal)
    const url: unknown = Object(JSON.parse(line))['url']
    return `${String(url)}${this.hook.path}`
  }

  /** What it logs, for a demo or test that failed. */
  get log(): string {
    return this.#lines.join('\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    this.#process.kill('SIGTERM')
    await once(this.#process, 'exit')
  }

  async #untilLine(text: string, signal: AbortSignal): Promise<string> {
    return await new Promise((done, reject) => {
      const settle = (end: () => void): void => {
        this.#looks = this.#looks.filter((each) => each !== look)
        signal.removeEventListener('abort', look)
        end()
      }
      const look = (): void => {
        const line = this.#lines.find((each) => each.includes(text))
        if (line !== undefined) settle(() => done(line))
        else if (signal.aborted) settle(() => reject(new Error('The demo was interrupted.')))
        else if (this.#process.exitCode !== null) {
          settle(() => reject(new Error(`The VCS agent ended:\n${this.log}`)))
        }
      }
      this.#looks.push(look)
      signal.addEventListener('abort', look)
      look()
    })
  }
}

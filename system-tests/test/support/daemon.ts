import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'

import type { Platform } from './platform.ts'
import type { Tool } from './tools.ts'
import { untilText } from './until-text.ts'

const main = new URL('../../../examples/agent/src/main.ts', import.meta.url).pathname

/** An agent daemon in a process of its own, as `examples/agent` is run: for `kill -9`. */
export class Daemon implements AsyncDisposable {
  readonly dataDir: string
  /** Standard error and log lines, for what went wrong. */
  readonly output: string[] = []
  readonly #process: ChildProcess
  readonly #ready = Promise.withResolvers<void>()

  private constructor(child: ChildProcess, dataDir: string) {
    this.#process = child
    this.dataDir = dataDir
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue
      createInterface(stream).on('line', (line) => {
        this.output.push(line)
        if (line.includes('ready to receive tasks')) this.#ready.resolve()
      })
    }
    child.once('exit', (code, signal) => {
      const text = this.output.slice(-20).join('\n')
      this.#ready.reject(new Error(`The agent ended (${code ?? signal}):\n${text}`))
    })
    this.#ready.promise.catch(() => {})
  }

  static async start(
    platform: Pick<Platform, 'directory' | 'poolToken' | 'url'>,
    options: {
      readonly tool?: Tool | undefined
      readonly dataDir?: string
      readonly url?: string
      readonly name?: string
      readonly env?: Readonly<Record<string, string>>
      /** Another main module than `examples/agent`. */
      readonly module?: string
    } = {},
  ): Promise<Daemon> {
    const dataDir = options.dataDir ?? (await mkdtemp(join(platform.directory, 'daemon-')))
    const toolDirectory = options.tool === undefined ? [] : [dirname(options.tool.path)]
    const child = spawn(
      process.execPath,
      ['--conditions=@scalr-agent/source', options.module ?? main],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          PATH: [...toolDirectory, process.env['PATH'] ?? '/usr/bin:/bin'].join(':'),
          HOME: process.env['HOME'] ?? '/',
          NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
          SCALR_URL: options.url ?? platform.url,
          SCALR_AGENT_TOKEN: platform.poolToken,
          SCALR_AGENT_NAME: options.name ?? 'daemon',
          SCALR_AGENT_DATA_DIR: dataDir,
          SCALR_AGENT_DRIVER: 'process',
          SCALR_AGENT_DEBUG: '1',
          ...options.env,
        },
      },
    )
    return new Daemon(child, dataDir)
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  ready(): Promise<void> {
    return this.#ready.promise
  }

  /** Waits until its output holds this. */
  async untilSaid(wanted: string | RegExp): Promise<void> {
    await untilText(() => this.output.join('\n'), wanted)
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name)
  }

  /** Resolves with the exit code, or the signal's name. */
  async exited(): Promise<number | string> {
    const { exitCode, signalCode } = this.#process
    if (exitCode !== null || signalCode !== null) return exitCode ?? signalCode ?? ''
    const [code, signal] = (await once(this.#process, 'exit')) as [number | null, string | null]
    return code ?? signal ?? ''
  }

  /** `kill -9`: whatever it was doing, it does no more. */
  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.exited()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) await this.kill()
  }
}

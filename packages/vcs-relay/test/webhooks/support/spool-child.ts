import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

/** The process of `spool-process.ts`. */
export class SpoolChild implements AsyncDisposable {
  readonly #process: ChildProcess
  readonly #ended: Promise<unknown>
  /** Where it listens; `undefined` when it was killed before. */
  readonly url: Promise<string | undefined>
  readonly edges: Promise<number | undefined>

  constructor(options: {
    readonly directory: string
    readonly sinkUrl: string
    readonly killAt?: number
  }) {
    this.#process = spawn(
      process.execPath,
      [
        '--conditions=@scalr-agent/source',
        '--disable-warning=ExperimentalWarning',
        `--import=${file('kill-at-edge-process.ts')}`,
        file('spool-process.ts'),
      ],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: {
          ...process.env,
          SPOOL_DIR: options.directory,
          SINK_URL: options.sinkUrl,
          KILL_AT: String(options.killAt ?? 0),
        },
      },
    )
    this.#ended = once(this.#process, 'exit')
    const { stdout } = this.#process
    if (stdout === null) throw new TypeError('stdout is no pipe')
    const lines = createInterface(stdout)
    const closed = once(lines, 'close').then(() => undefined)
    const line = (word: string): Promise<string | undefined> =>
      Promise.race([
        new Promise<string>((resolve) => {
          lines.on('line', (text) => {
            if (text.startsWith(`${word} `)) resolve(text.slice(word.length + 1))
          })
        }),
        closed,
      ])
    this.url = line('listens')
    this.edges = line('edges').then((text) => (text === undefined ? undefined : Number(text)))
  }

  kill(): void {
    this.#process.kill('SIGKILL')
  }

  stop(): void {
    this.#process.kill('SIGTERM')
  }

  get wasKilled(): boolean {
    return this.#process.signalCode === 'SIGKILL'
  }

  async ended(): Promise<void> {
    await this.#ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill('SIGTERM')
    await this.#ended
  }
}

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('launch-child.ts', import.meta.url))

/** Another agent process, to be killed. */
export class LaunchProcess implements AsyncDisposable {
  readonly child: ChildProcess
  readonly #exited: Promise<unknown>
  readonly #lines: AsyncIterator<string>

  constructor(dataDir: string, task: Readonly<Record<string, unknown>>) {
    const args = ['--conditions=@scalr-agent/source', program, dataDir, JSON.stringify(task)]
    this.child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#exited = once(this.child, 'exit')
    this.#lines = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]()
  }

  async says(expected: string): Promise<void> {
    const { value } = await this.#lines.next()
    if (value !== expected) throw new Error(`the launching process said ${String(value)}`)
  }

  /** Looks as often as it can, until the condition holds or the launch is over. */
  async until(condition: () => boolean): Promise<void> {
    const over = new AbortController()
    const launched = this.says('ready')
      .then(() => this.says('launched'))
      .finally(() => over.abort())
    launched.catch(() => {})
    while (!condition() && !over.signal.aborted) {
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await this.#exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }
}

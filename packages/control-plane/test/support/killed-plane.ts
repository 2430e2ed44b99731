import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('serving-process.ts', import.meta.url))

interface Serving {
  readonly url: string
  readonly ownerToken: string
}

/** A real control plane process on one port and data directory, killed and started again at will. */
export class KilledPlane implements AsyncDisposable {
  readonly #dataDir: string
  #child: ChildProcess | undefined
  #up: Promise<Serving>

  constructor(dataDir: string) {
    this.#dataDir = dataDir
    this.#up = this.#start('0')
  }

  /** Once it serves. */
  async serving(): Promise<Serving> {
    return this.#up
  }

  /** `kill -9`, and started again at once. */
  async killAndRestart(): Promise<void> {
    const { port } = new URL((await this.#up).url)
    const again = this.#kill().then(() => this.#start(port))
    this.#up = again
    await again
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#up.catch(() => {})
    await this.#kill()
  }

  async #kill(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  async #start(port: string): Promise<Serving> {
    const child = fork(program, [this.#dataDir, port], {
      execArgv: ['--conditions=@scalr-agent/source'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#child = child
    return new Promise((resolve, reject) => {
      child.once('message', (message) => resolve(message as Serving))
      child.once('exit', (code) => reject(new Error(`The control plane exited with ${code}`)))
    })
  }
}

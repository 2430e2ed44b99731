import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** What two processes of a bench tell each other. */
export interface BenchMessage {
  readonly type: string
}

/** A Node process of a bench's own; ends when its channel closes. */
export class ForkedProcess<Message extends BenchMessage> implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #arrived: Message[] = []
  #stderr = ''
  #wake = Promise.withResolvers<void>()

  constructor(module: URL, argument: unknown) {
    this.#child = fork(fileURLToPath(module), [JSON.stringify(argument)], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-4000)
    })
    this.#child.on('message', (message) => {
      // oxlint-disable-next-line no-unsafe-type-assertion -- both ends are in this folder
      this.#arrived.push(message as Message)
      this.#wake.resolve()
    })
    this.#child.once('close', (code, signal) => {
      const end = code ?? signal ?? 'unknown'
      this.#wake.reject(new Error(`A process of the bench ended (${end}): ${this.#stderr}`))
    })
    this.#wake.promise.catch(() => {})
  }

  /** The next message of that type; others are kept. */
  async next<Type extends Message['type']>(type: Type): Promise<Extract<Message, { type: Type }>> {
    for (;;) {
      const index = this.#arrived.findIndex((message) => message.type === type)
      const [found] = index < 0 ? [] : this.#arrived.splice(index, 1)
      // oxlint-disable-next-line no-unsafe-type-assertion -- found by its type
      if (found !== undefined) return found as Extract<Message, { type: Type }>
      await this.#wake.promise
      this.#wake = Promise.withResolvers<void>()
      this.#wake.promise.catch(() => {})
    }
  }

  send(message: BenchMessage): void {
    this.#child.send(message)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    if (this.#child.connected) this.#child.disconnect()
    await exited
  }
}

/** Of the process that was forked: what it was given. */
export function forkArgument(): unknown {
  return JSON.parse(process.argv[2] ?? 'null')
}

/** Nanoseconds of the machine's monotonic clock, the same in every process, as text. */
export function nowNs(): string {
  return String(process.hrtime.bigint())
}

/** Milliseconds between two of those. */
export function msBetween(fromNs: string, toNs: string): number {
  return Number(BigInt(toNs) - BigInt(fromNs)) / 1e6
}

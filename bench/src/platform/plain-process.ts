import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A Node process as users start one: no flags and no channel to it. Says on its first line that it is ready. */
export class PlainProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  /** Its first line, as JSON. */
  readonly ready: unknown

  private constructor(child: ChildProcess, ready: unknown) {
    this.#child = child
    this.ready = ready
  }

  static async start(module: URL, ...args: readonly string[]): Promise<PlainProcess> {
    return PlainProcess.#begin([], module, args)
  }

  /** With the packages as they are in src/, as the bench itself runs. */
  static async startFromSource(module: URL, ...args: readonly string[]): Promise<PlainProcess> {
    return PlainProcess.#begin(process.execArgv, module, args)
  }

  static async #begin(
    flags: readonly string[],
    module: URL,
    args: readonly string[],
  ): Promise<PlainProcess> {
    const child = spawn(process.execPath, [...flags, fileURLToPath(module), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`${module.pathname} ended (${String(code ?? signal)})`)
    })
    ended.catch(() => {})
    const lines = createInterface({ input: child.stdout })
    const [line] = await Promise.race([once(lines, 'line'), ended])
    return new PlainProcess(child, JSON.parse(String(line)))
  }

  /** Resident memory in MiB. */
  async residentMebibytes(): Promise<number> {
    const status = await readFile(`/proc/${this.#child.pid}/status`, 'utf8')
    const kibibytes = /^VmRSS:\s+(\d+) kB$/mu.exec(status)?.[1]
    if (kibibytes === undefined)
      throw new Error('The process tells no resident memory: it has ended')
    return Number(kibibytes) / 1024
  }

  /** As a crash ends it. */
  kill(): void {
    this.#child.kill('SIGKILL')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await exited
  }
}

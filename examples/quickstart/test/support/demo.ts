import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const quickstart = new URL('../../src/main.ts', import.meta.url).pathname

/** The demo as a process, leader of its own group, as a shell starts it. */
export class Demo implements AsyncDisposable {
  readonly #process: ChildProcess
  #output = ''

  constructor(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    main = quickstart,
  ) {
    this.#process = spawn(process.execPath, ['--conditions=@scalr-agent/source', main, ...args], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'] ?? '/usr/bin:/bin',
        HOME: '/nowhere',
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
        ...env,
      },
    })
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text
      })
    }
  }

  get output(): string {
    return this.#output
  }

  get lastLine(): string {
    return this.#output.trimEnd().split('\n').at(-1) ?? ''
  }

  /** Resolves when it said so; rejects when it ended before. */
  async said(text: RegExp): Promise<void> {
    while (!text.test(this.#output)) {
      if (this.#process.exitCode !== null) throw new Error(`The demo ended:\n${this.#output}`)
      await delay(10)
    }
  }

  signal(name: NodeJS.Signals, target: 'process' | 'group'): void {
    const { pid } = this.#process
    if (pid === undefined) throw new Error('The demo did not start.')
    process.kill(target === 'group' ? -pid : pid, name)
  }

  /** Resolves with the exit code, after all of its output. */
  async exited(): Promise<number | null> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      await once(this.#process, 'close')
    }
    return this.#process.exitCode
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    this.signal('SIGKILL', 'group')
    await once(this.#process, 'close')
  }
}

/** Processes that have to do with that directory, and what of jobs still lies in it. */
export async function leftovers(dataDir: string): Promise<readonly string[]> {
  const processes = readdirSync('/proc')
    .filter((pid) => /^\d+$/u.test(pid) && pid !== String(process.pid))
    .filter((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        return command.includes(dataDir) || readlinkSync(`/proc/${pid}/cwd`).startsWith(dataDir)
      } catch {
        return false
      }
    })
  const files = await Promise.all(
    ['jobs', 'work', 'workloads', 'drafts', 'trash'].map(async (name) => {
      const directory = join(dataDir, 'agent', name)
      const entries = await readdir(directory).catch(() => [])
      return entries.map((entry) => `${name}/${entry}`)
    }),
  )
  return [...processes.map((pid) => `process ${pid}`), ...files.flat()]
}

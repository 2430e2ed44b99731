import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import { pathToFileURL } from 'node:url'

import type { WorkloadSpec } from '../../executor/index.ts'
import { fail } from './assertions.ts'
import type { KitContext } from './kit-context.ts'

/**
 * - `launch`: launches and stays.
 * - `stall`: launches with files that never come to their end.
 * - `soften`: launches, waits for `ready` in the output, sends a soft interrupt and stays.
 */
export type LaunchMode = 'launch' | 'stall' | 'soften'

/** Environment variable that every launching process has, and that no workload may see. */
export const canary = {
  name: 'SCALR_AGENT_KIT_CANARY',
  value: 'the-agents-own-environment',
} as const

/** Given by `-e`, so that the kit needs no file of its own beside its module. */
const script = `
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
const say = (line) => process.stdout.write(line + '\\n')
const [line] = await createInterface({ input: process.stdin })[Symbol.asyncIterator]().next().then((r) => [r.value])
const { module, mode, spec } = JSON.parse(line)
const { createExecutor } = await import(module)
const executor = await createExecutor()
if (mode === 'stall') {
  spec.files = () => Readable.from((async function* () {
    say('half-way')
    await new Promise(() => {})
  })())
}
setInterval(() => {}, 1 << 30)
say('launching')
const workload = await executor.launch(spec)
say('launched')
if (mode === 'soften') {
  let text = ''
  for await (const chunk of workload.output(0)) {
    text += Buffer.from(chunk)
    if (text.includes('ready')) break
  }
  await workload.interrupt('soft')
  say('softened')
}
`

/** A process like an agent's, that launches a workload and is killed. */
export class LaunchingProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #lines: Interface
  readonly #said: string[] = []
  #errors = ''

  constructor(context: KitContext, spec: WorkloadSpec, mode: LaunchMode = 'launch') {
    const { childModule, childNodeArguments } = context.options
    const nodeArguments = childNodeArguments ?? process.execArgv
    this.#child = spawn(
      'env',
      [
        `${canary.name}=${canary.value}`,
        process.execPath,
        ...nodeArguments,
        '--input-type=module',
        '-e',
        script,
      ],
      // A group of its own, so that all of it can be killed as a terminal would.
      { stdio: ['pipe', 'pipe', 'pipe'], detached: true },
    )
    const { stdin, stdout, stderr } = this.#child
    if (stdin === null || stdout === null || stderr === null) fail('the child has no pipes')
    stderr.on('data', (chunk: Buffer) => {
      this.#errors += chunk.toString()
    })
    stdin.on('error', () => {})
    stdin.write(`${JSON.stringify({ module: moduleUrl(childModule ?? ''), mode, spec })}\n`)
    this.#lines = createInterface({ input: stdout })
    this.#lines.on('line', (line) => this.#said.push(line))
  }

  /** Resolves when the process has said that. */
  async until(line: 'launching' | 'half-way' | 'launched' | 'softened'): Promise<void> {
    while (!this.#said.includes(line)) {
      const over = new AbortController()
      try {
        const { signal } = over
        await Promise.race([
          once(this.#lines, 'line', { signal }),
          once(this.#lines, 'close', { signal }),
        ])
      } finally {
        over.abort()
      }
      if (!this.#said.includes(line) && this.#child.stdout?.readableEnded === true) {
        fail(`the launching process ended before it said ${line}: ${this.#errors.trim()}`)
      }
    }
  }

  /** SIGKILL to it and to its whole process group; resolves when it is gone. */
  async kill(): Promise<void> {
    const { pid } = this.#child
    if (pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null)
      return
    const exited = once(this.#child, 'exit')
    process.kill(-pid, 'SIGKILL')
    await exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }
}

function moduleUrl(module: string | URL): string {
  if (module instanceof URL) return module.href
  return module.startsWith('/') ? pathToFileURL(module).href : module
}

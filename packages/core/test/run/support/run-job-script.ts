import { spawn } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { parseMarker, type StageMarker } from '../../../src/logs/index.ts'
import { createJobScript, type JobHooks, type JobScriptOptions } from '../../../src/run/index.ts'
import type { TestShell } from './shells.ts'

export const testNonce = '00112233445566778899aabbccddeeff'

export interface FakeBehaviour {
  readonly exitCode?: number
  /** Runs until that many signals came. */
  readonly signals?: number
  /** `init` only. */
  readonly lockFile?: string
  readonly backend?: string
}

export interface FakeCall {
  readonly event: 'start' | 'signal' | 'exit'
  readonly command: string
  readonly args: readonly string[]
  readonly signal: string
  readonly pid: number
  readonly cwd: string
  readonly operation: string
  readonly home: string
  readonly contentRoot: string
  readonly lockFileThere: boolean
  readonly env: Readonly<Record<string, string>>
}

export interface StartOptions {
  readonly shell: TestShell
  readonly script?: Partial<JobScriptOptions>
  /** Absolute path of a real tool; the fake one where absent. */
  readonly tool?: string
  readonly fake?: Readonly<Record<string, FakeBehaviour>>
  readonly env?: Readonly<Record<string, string>>
  /** Below the job directory. */
  readonly files?: Readonly<Record<string, string>>
  /** Those of the files that are programs. */
  readonly executable?: readonly string[]
  /** An earlier job's directory, to run the apply of its plan in. */
  readonly directory?: string
  readonly nonce?: string | undefined
  /** What becomes of the script before it is run. */
  readonly alter?: (script: string) => string
}

export class RunningScript implements AsyncDisposable {
  readonly directory: string
  readonly pid: number
  readonly ended: Promise<{ readonly exitCode: number | null; readonly signal: string | null }>
  #output = ''
  readonly #child: ReturnType<typeof spawn>
  readonly #log: string
  readonly #waiters = new Set<() => void>()

  constructor(directory: string, log: string, child: ReturnType<typeof spawn>) {
    this.directory = directory
    this.#log = log
    this.#child = child
    this.pid = child.pid ?? -1
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      this.#output += chunk
      for (const waiter of this.#waiters) waiter()
    })
    this.ended = new Promise((resolve) => {
      child.on('close', (exitCode, signal) => {
        resolve({ exitCode, signal })
        for (const waiter of this.#waiters) waiter()
      })
    })
  }

  /** All output, markers included. */
  get output(): string {
    return this.#output
  }

  get markers(): readonly StageMarker[] {
    return [...this.#output.matchAll(/\u001E[^\n]*\n/gu)].flatMap(
      ([text]) => parseMarker(text, testNonce) ?? [],
    )
  }

  /** Markers in short, e.g. `plan 2` for the end of plan, `result 0`. */
  get stages(): readonly string[] {
    return this.markers.flatMap((marker) => {
      if (marker.event === 'begin') return []
      return marker.event === 'end'
        ? [`${marker.stage} ${marker.exitCode}`]
        : [`result ${marker.exitCode}`]
    })
  }

  /**
   * Sends a signal to the script alone and waits until it was taken. Two different signals that are
   * pending at once could become one: bash leaves `wait` by a jump out of the second one's handler.
   */
  async signal(signal: 'SIGTERM' | 'SIGQUIT'): Promise<void> {
    this.#child.kill(signal)
    for (;;) {
      const status = await readFile(`/proc/${this.pid}/status`, 'utf8').catch(() => '')
      const pending = /^(?:SigPnd|ShdPnd):\s*0*[1-9a-f]/mu.test(status)
      if (!pending) return
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  async waitFor(text: string): Promise<void> {
    let ended = false
    void this.ended.then(() => (ended = true))
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (this.#output.includes(text)) resolve()
        else if (ended || this.#child.exitCode !== null) {
          reject(new Error(`ended before '${text}' came:\n${this.#output}`))
        }
      }
      this.#waiters.add(look)
      look()
    })
  }

  /** Resolves when the script does nothing but wait for its one child. */
  async idle(): Promise<void> {
    for (;;) {
      const children = await readFile(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8')
      const stat = await readFile(`/proc/${this.pid}/stat`, 'utf8')
      if (children.trim().split(' ').length === 1 && /\) S /u.test(stat)) return
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** What the fake tool noted. */
  async calls(): Promise<readonly FakeCall[]> {
    const text = await readFile(this.#log, 'utf8').catch(() => '')
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as FakeCall)
  }

  async starts(): Promise<readonly FakeCall[]> {
    return (await this.calls()).filter((call) => call.event === 'start')
  }

  async signals(): Promise<readonly string[]> {
    const calls = await this.calls()
    return calls.flatMap((call) =>
      call.event === 'signal' ? [`${call.command} ${call.signal}`] : [],
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      process.kill(-this.pid, 'SIGKILL')
      await this.ended
    }
    await rm(this.directory, { recursive: true, force: true })
    await rm(`${this.directory}.bin`, { recursive: true, force: true })
  }
}

const fakeTool = join(dirname(fileURLToPath(import.meta.url)), 'fake-tool.mjs')

/** A program that behaves as the fake tool and notes its calls, whatever its environment is. */
export function fakeToolScript(options: {
  readonly log: string
  readonly fake: Readonly<Record<string, FakeBehaviour>>
}): string {
  return `#!/bin/sh
[ "$1" != version ] || exec echo "\${FAKE_TOOL_VERSION:-Terraform v1.11.4}"
exec '${process.execPath}' '${fakeTool}' '${options.log}' '${JSON.stringify(options.fake)}' "$@"
`
}

/** Lays out a job directory and starts its script, as a process executor would: own group, clean environment. */
export async function startJobScript(options: StartOptions): Promise<RunningScript> {
  const directory =
    options.directory ?? (await realpath(await mkdtemp(join(tmpdir(), 'job-script-'))))
  const log = join(directory, 'fake-tool.log')
  const bin = join(directory, 'bin')
  await mkdir(bin, { recursive: true })
  await writeFile(join(bin, 'terraform'), fakeToolScript({ log, fake: options.fake ?? {} }))
  await chmod(join(bin, 'terraform'), 0o755)
  const script = createJobScript({
    phase: 'plan',
    tool: {
      name: 'terraform',
      location:
        options.tool === undefined
          ? { kind: 'lookup', version: null }
          : { kind: 'path', path: options.tool },
    },
    workingDirectory: '',
    varFiles: [],
    run: { isDestroy: false, refresh: true, refreshOnly: false, targets: [], replacements: [] },
    hooks: {},
    ...options.script,
  })
  const files: Record<string, string> = {
    'workdir/main.tf': '',
    'data/job.sh': options.alter?.(script) ?? script,
    ...(options.nonce === '' ? {} : { 'data/nonce': `${options.nonce ?? testNonce}\n` }),
    ...options.files,
  }
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true })
    await writeFile(join(directory, path), text)
    if (options.executable?.includes(path) === true) await chmod(join(directory, path), 0o755)
  }
  const [command, ...rest] = options.shell.argv
  const child = spawn(command, [...rest, 'data/job.sh'], {
    cwd: directory,
    detached: true,
    env: {
      PATH: `${bin}:/usr/local/bin:/usr/bin:/bin`,
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return new RunningScript(directory, log, child)
}

/** A workspace hook, as its command string. */
export function hook(stage: keyof JobHooks, command: string): JobHooks {
  return { [stage]: [{ level: 'workspace', shown: command }] }
}

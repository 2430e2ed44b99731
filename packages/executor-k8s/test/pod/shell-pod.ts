import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

/** Shells that images have, of those that are installed here. */
export const shells: readonly string[] = ['dash', 'busybox sh', 'bash --posix'].filter((shell) => {
  try {
    execFileSync('/bin/sh', ['-c', `command -v ${shell.split(' ')[0]}`])
    return true
  } catch {
    console.warn(`Skipped: ${shell}, since it is not installed.`)
    return false
  }
})

export interface Ended {
  readonly code: number | null
  readonly output: string
}

/** The directories of a pod, and a shell in which its scripts run beside each other. */
export class ShellPod implements AsyncDisposable {
  readonly directory: string
  readonly #shell: string
  readonly #children: ChildProcess[] = []

  private constructor(directory: string, shell: string) {
    this.directory = directory
    this.#shell = shell
  }

  static async create(shell: string): Promise<ShellPod> {
    const pod = new ShellPod(await mkdtemp(join(tmpdir(), 'shell-pod-')), shell)
    for (const name of ['own/job', 'image']) await mkdir(pod.path(name), { recursive: true })
    return pod
  }

  /** `own` is what containers share, `image` what the image has below /opt. */
  path(name: string): string {
    return join(this.directory, name)
  }

  async read(name: string): Promise<string> {
    return await readFile(this.path(name), 'utf8')
  }

  start(command: readonly string[], env: NodeJS.ProcessEnv = {}): ChildProcess {
    const words = command.map((word) =>
      word
        .replaceAll('/.scalr-agent', this.path('own'))
        .replaceAll('/dev/termination-log', this.path('last-words'))
        .replaceAll('cd /opt', `cd ${this.path('image')}`)
        .replaceAll('/bin/sh', this.#shell),
    )
    const [program = '', ...shellWords] = (words[0] ?? '').split(' ')
    const child = spawn(program, [...shellWords, ...words.slice(1)], {
      cwd: this.directory,
      // With SHLVL bash does not take a socket at its input for a remote login.
      env: { PATH: '/usr/bin:/bin', SHLVL: '2', IFS: 'x', now: '1', rest: '2', ...env },
      stdio: 'pipe',
    })
    child.stdin.on('error', () => {})
    this.#children.push(child)
    return child
  }

  async run(
    command: readonly string[],
    input: Uint8Array = new Uint8Array(),
    env: NodeJS.ProcessEnv = {},
  ): Promise<Ended> {
    const child = this.start(command, env)
    child.stdin?.end(input)
    return await endOf(child)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL')
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5 })
  }
}

export async function endOf(child: ChildProcess): Promise<Ended> {
  const [[code], output] = await Promise.all([
    once(child, 'close') as Promise<[number | null]>,
    child.stdout === null ? '' : text(child.stdout),
  ])
  return { code, output }
}

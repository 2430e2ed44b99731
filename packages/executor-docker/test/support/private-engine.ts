import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { promisify } from 'node:util'

import { docker } from './docker-client.ts'

const run = promisify(execFile)

/**
 * A dockerd of a test's own, with live-restore, to be killed and started at will. Needs root. It lives in a
 * network namespace of its own: all engines of one machine share the bridge docker0.
 */
export class PrivateEngine implements AsyncDisposable {
  readonly #directory: string
  #daemon: ChildProcess | undefined

  private constructor(directory: string) {
    this.#directory = directory
  }

  /** @param imagesOf engine whose image of that name is loaded into the new one */
  static async start(imagesOf: string, image: string): Promise<PrivateEngine> {
    const engine = new PrivateEngine(await mkdtemp(join(tmpdir(), 'sa-dockerd-')))
    await run('ip', ['netns', 'add', engine.#namespace])
    await engine.up()
    const archive = join(engine.#directory, 'image.tar')
    await docker(imagesOf, 'save', '--output', archive, image)
    await docker(engine.host, 'load', '--input', archive)
    return engine
  }

  get host(): string {
    return `unix://${this.#directory}/docker.sock`
  }

  get #namespace(): string {
    return basename(this.#directory)
  }

  async up(): Promise<void> {
    const path = (name: string): string => join(this.#directory, name)
    // What killed ones leave. Where nobody reaps orphans, their pids seem to live.
    await rm(path('dockerd.pid'), { force: true })
    await rm(path('exec/containerd/containerd.pid'), { force: true })
    // Its containerd died with it, and may be a zombie for ever, which dockerd takes for running.
    await rm(path('exec/containerd/containerd.pid'), { force: true })
    const log = openSync(path('dockerd.log'), 'a')
    const words = ['--live-restore', '--bridge=none', '--iptables=false', '--ip6tables=false']
    const daemon = spawn(
      'nsenter',
      [
        `--net=/run/netns/${this.#namespace}`,
        'dockerd',
        ...words,
        `--data-root=${path('data')}`,
        `--exec-root=${path('exec')}`,
        `--pidfile=${path('dockerd.pid')}`,
        `--host=${this.host}`,
      ],
      { stdio: ['ignore', log, log], detached: true },
    )
    this.#daemon = daemon
    for (;;) {
      const answers = await docker(this.host, 'version').then(
        () => true,
        () => false,
      )
      if (answers) return
      if (daemon.exitCode !== null) {
        const said = await readFile(path('dockerd.log'), 'utf8')
        throw new Error(`dockerd ended: ${said.slice(-1000)}`)
      }
      await delay(50)
    }
  }

  /** SIGKILL to the daemon. Containers go on. */
  async kill(): Promise<void> {
    const daemon = this.#daemon
    if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return
    const gone = once(daemon, 'exit')
    daemon.kill('SIGKILL')
    await gone
  }

  /** By the unique directory that stands in their command lines. */
  async #processes(): Promise<readonly number[]> {
    const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0)
    const lines = await Promise.all(
      pids.map(async (pid) => await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
    )
    return pids.filter((_pid, index) => lines[index]?.includes(this.#directory))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#daemon?.exitCode !== null || this.#daemon.signalCode !== null) await this.up()
    const all = await docker(this.host, 'ps', '--all', '--quiet')
    if (all !== '') await docker(this.host, 'rm', '--force', '--volumes', ...all.split('\n'))
    const daemon = this.#daemon
    if (daemon === undefined) return
    const gone = once(daemon, 'exit')
    // Its containerd ends with it.
    daemon.kill('SIGTERM')
    await gone
    // A start that was cut off leaves the engine processes and mounts that it knows nothing of.
    for (const pid of await this.#processes()) process.kill(pid, 'SIGKILL')
    const mounts = (await readFile('/proc/mounts', 'utf8'))
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '')
      .filter((path) => path.startsWith(`${this.#directory}/`))
    for (const path of mounts.toReversed()) await run('umount', ['--lazy', path])
    await rm(this.#directory, { recursive: true, force: true })
    await run('ip', ['netns', 'delete', this.#namespace])
  }
}

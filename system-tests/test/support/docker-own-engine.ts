import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { vi } from 'vitest'

import { docker, dockerLines } from './docker-engine.ts'

const run = promisify(execFile)
const scripts = new URL('../../../scripts/engines/', import.meta.url).pathname

/** Why a test can have no engine of its own, after saying so; `undefined` where it can. */
export function noOwnEngine(suite: string): string | undefined {
  const reason =
    process.platform !== 'linux'
      ? 'dockerd runs on Linux alone'
      : process.getuid?.() === 0
        ? undefined
        : 'not root, so no dockerd can be started to be killed'
  if (reason !== undefined) process.stdout.write(`SKIPPED ${suite}: ${reason}\n`)
  return reason
}

/** A dockerd of a test's own, with live-restore, to be killed and started at will. */
export class OwnEngine implements AsyncDisposable {
  readonly host: string
  readonly #stateDir: string
  readonly #name: string

  private constructor(stateDir: string, name: string) {
    this.#stateDir = stateDir
    this.#name = name
    this.host = `unix://${this.#directory}/docker.sock`
  }

  /** One of the same age as `like`, with these images of it. */
  static async start(like: string, images: readonly string[]): Promise<OwnEngine> {
    const version = await docker(like, 'version', '--format', '{{.Server.APIVersion}}')
    const name = version === '1.41' ? 'docker' : 'docker-current'
    const stateDir = await mkdtemp(join(tmpdir(), 'sa-own-engine-'))
    const engine = new OwnEngine(stateDir, name)
    try {
      await engine.up()
      const archive = join(stateDir, 'images.tar')
      await docker(like, 'save', '--output', archive, ...images)
      await docker(engine.host, 'load', '--input', archive)
      await rm(archive)
    } catch (error) {
      await engine[Symbol.asyncDispose]()
      throw error
    }
    return engine
  }

  /** Starts it, as after a crash. */
  async up(): Promise<void> {
    await this.#script('up')
  }

  /** SIGKILL to the daemon. Containers go on. */
  async kill(): Promise<void> {
    const pid = Number(readFileSync(join(this.#directory, 'dockerd.pid'), 'utf8'))
    process.kill(pid, 'SIGKILL')
    await vi.waitFor(
      () => {
        const line = existsSync(`/proc/${pid}`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : ') X'
        if (!/\) [ZX]/u.test(line)) throw new Error('dockerd is still there')
      },
      { timeout: 60_000, interval: 10 },
    )
  }

  /** All that there is: nobody else uses it. */
  async contents(): Promise<readonly string[]> {
    const containers = await dockerLines(this.host, 'ps', '--all', '--format', '{{.Names}}')
    const volumes = await dockerLines(this.host, 'volume', 'ls', '--quiet')
    const networks = await dockerLines(this.host, 'network', 'ls', '--format', '{{.Name}}')
    return [
      ...containers.map((name) => `container ${name}`),
      ...volumes.map((name) => `volume ${name}`),
      ...networks.map((name) => `network ${name}`),
    ]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#script('down')
    await rm(this.#stateDir, { recursive: true, force: true })
  }

  get #directory(): string {
    return join(this.#stateDir, this.#name)
  }

  async #script(action: 'up' | 'down'): Promise<void> {
    const { DOCKER_HOST: _other, ...env } = process.env
    await run('bash', [join(scripts, `${this.#name}.sh`), action], {
      env: { ...env, SCALR_SDK_ENGINES_STATE_DIR: this.#stateDir },
    })
  }
}

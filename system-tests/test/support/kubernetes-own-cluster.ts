import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { vi } from 'vitest'

import { minorVersion } from './kubernetes-cluster.ts'

const run = promisify(execFile)
const scripts = new URL('../../../scripts/engines/', import.meta.url).pathname

/** What can be killed of a cluster. */
export type ClusterPart = 'apiserver' | 'controller-manager' | 'etcd' | 'kubelet' | 'scheduler'

/** Why a test can have no cluster of its own, after saying so; `undefined` where it can. */
export function noOwnCluster(suite: string): string | undefined {
  const reason =
    process.platform !== 'linux'
      ? 'a kubelet runs on Linux alone'
      : process.getuid?.() === 0
        ? undefined
        : 'not root, so no cluster can be started to be killed'
  if (reason !== undefined) process.stdout.write(`SKIPPED ${suite}: ${reason}\n`)
  return reason
}

/** A one-node cluster of a test's own, whose parts are killed and started at will. */
export class OwnCluster implements AsyncDisposable {
  readonly kubeconfig: string
  readonly #stateDir: string
  readonly #name: string

  private constructor(stateDir: string, name: string) {
    this.#stateDir = stateDir
    this.#name = name
    this.kubeconfig = `${this.#directory}/kubeconfig`
  }

  /** One of the same age as that of this kubeconfig, with the images of the tests. */
  static async start(like: string): Promise<OwnCluster> {
    const name = (await minorVersion(like)) < 30 ? 'kubernetes-1.20' : 'kubernetes'
    const stateDir = await mkdtemp(join(tmpdir(), 'sa-own-cluster-'))
    const cluster = new OwnCluster(stateDir, name)
    try {
      await cluster.up()
      await cluster.#script('kubernetes-images', 'up')
    } catch (error) {
      await cluster[Symbol.asyncDispose]()
      throw error
    }
    return cluster
  }

  /** Starts whatever of it does not run, as after a crash. */
  async up(): Promise<void> {
    await this.#script(this.#name, 'up')
  }

  /** SIGKILL to one of its parts. What runs in containers goes on. */
  async kill(part: ClusterPart): Promise<void> {
    const pid = Number(readFileSync(join(this.#directory, 'pid', part), 'utf8'))
    process.kill(pid, 'SIGKILL')
    await vi.waitFor(
      () => {
        const line = existsSync(`/proc/${pid}`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : ') X'
        if (!/\) [ZX]/u.test(line)) throw new Error(`the ${part} is still there`)
      },
      { timeout: 60_000, interval: 10 },
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#script(this.#name, 'down')
    await rm(this.#stateDir, { recursive: true, force: true })
  }

  get #directory(): string {
    return join(this.#stateDir, this.#name)
  }

  async #script(name: string, action: 'up' | 'down'): Promise<void> {
    const { KUBECONFIG: _other, ...env } = process.env
    await run('bash', [join(scripts, `${name}.sh`), action], {
      env: { ...env, SCALR_SDK_ENGINES_STATE_DIR: this.#stateDir },
    })
  }
}

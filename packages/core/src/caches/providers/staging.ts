import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'

import { systemBootClock, type Clock } from '../../runtime/index.ts'

/** What another machine has not touched for that long is left over. */
const foreignMaxAgeMs = 24 * 3600 * 1000

/**
 * Directories that nobody sees yet, or any more: what is being fetched, and what is being removed. Their
 * names tell whose they are, so that those of dead processes can be cleared away.
 */
export class Staging {
  readonly #directory: string
  readonly #clock: Clock
  readonly #machine: string
  readonly #instance = randomBytes(4).toString('hex')

  /** @param directory on the same file system as the store, since what is in it is renamed */
  constructor(directory: string, clock: Clock) {
    this.#directory = directory
    this.#clock = clock
    // The host name tells apart containers, which share a boot but not their process ids.
    const machine = `${hostname()}.${systemBootClock().bootId}`
    this.#machine = machine.replaceAll(/[^\w.-]/gu, '').replaceAll('~', '')
  }

  /** A new empty directory, gone with the end of the block. */
  async open(): Promise<{ readonly path: string } & AsyncDisposable> {
    const path = this.#newPath()
    await mkdir(path, { recursive: true, mode: 0o755 })
    return {
      path,
      [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
    }
  }

  /** Moves something out of sight at once, and then removes it. Missing is as good as removed. */
  async discard(path: string): Promise<void> {
    const hidden = await this.hide(path)
    if (hidden !== undefined) await rm(hidden, { recursive: true, force: true })
  }

  /** Moves something out of sight; it can be moved back. `undefined`: it was not there. */
  async hide(path: string): Promise<string | undefined> {
    const hidden = this.#newPath()
    await mkdir(this.#directory, { recursive: true, mode: 0o755 })
    try {
      await rename(path, hidden)
      return hidden
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      throw error
    }
  }

  /** Removes what processes that died have left. */
  async clearLeftovers(): Promise<void> {
    const names = await readdir(this.#directory).catch(() => [])
    for (const name of names) {
      if (!(await this.#isLeftover(name))) continue
      await rm(join(this.#directory, name), { recursive: true, force: true })
    }
  }

  async #isLeftover(name: string): Promise<boolean> {
    const [machine, pid, instance] = name.split('~')
    if (machine === this.#machine) {
      if (pid === String(process.pid)) return instance !== this.#instance
      return !isAlive(Number(pid))
    }
    const found = await stat(join(this.#directory, name)).catch(() => undefined)
    const now = this.#clock.now().getTime()
    return found !== undefined && now - found.mtimeMs > foreignMaxAgeMs
  }

  #newPath(): string {
    const owner = `${this.#machine}~${process.pid}~${this.#instance}`
    return join(this.#directory, `${owner}~${randomBytes(6).toString('hex')}`)
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Somebody else's process is a process too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

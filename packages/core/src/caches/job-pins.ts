import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { IllegalStateError } from '../errors/index.ts'
import { writeFileAtomic, type Clock } from '../runtime/index.ts'
import { orMissing } from './or-missing.ts'

export interface JobPinsOptions {
  /** Shared by all agents of a cache: `<owner>/<job>`, one pinned entry a line. */
  readonly directory: string
  /** Of this agent, the same after a restart. */
  readonly owner: string
  readonly clock: Clock
}

/** No job takes that long: pins of another agent that are older were left by one that never came back. */
const foreignMaxAgeMs = 7 * 24 * 3600 * 1000

/**
 * Which entries of a cache the jobs use. Files, so that they outlive the agent as its jobs do; the next
 * process of the same agent drops them with {@link JobPins.retain}.
 */
export class JobPins {
  readonly #directory: string
  readonly #own: string
  readonly #clock: Clock

  constructor(options: JobPinsOptions) {
    this.#directory = options.directory
    this.#own = join(options.directory, options.owner)
    this.#clock = options.clock
  }

  /** Adds to what the job uses. One call at a time for a job. */
  async pin(jobId: string, entries: readonly string[]): Promise<void> {
    const path = this.#path(jobId)
    const before = await readEntries(path)
    const all = new Set([...before, ...entries])
    if (all.size === before.length) return
    await mkdir(this.#own, { recursive: true, mode: 0o755 })
    await writeFileAtomic(path, [...all].map((entry) => `${entry}\n`).join(''), { mode: 0o644 })
  }

  async release(jobId: string): Promise<void> {
    await rm(this.#path(jobId), { force: true })
  }

  /** Drops this agent's pins of other jobs, and those of agents that never came back. */
  async retain(jobIds: readonly string[]): Promise<void> {
    const keep = new Set(jobIds)
    for (const { path, jobId, isOwn } of await this.#files()) {
      const isStale = isOwn ? !keep.has(jobId) : await this.#isForgotten(path)
      if (isStale) await rm(path, { force: true })
    }
  }

  /** What the jobs of all agents use. */
  async entries(): Promise<ReadonlySet<string>> {
    const pinned = new Set<string>()
    for (const { path, isOwn } of await this.#files()) {
      if (!isOwn && (await this.#isForgotten(path))) continue
      for (const entry of await readEntries(path)) pinned.add(entry)
    }
    return pinned
  }

  async #files(): Promise<readonly PinFile[]> {
    const files: PinFile[] = []
    for (const owner of await namesIn(this.#directory)) {
      const directory = join(this.#directory, owner)
      for (const jobId of await namesIn(directory)) {
        files.push({ path: join(directory, jobId), jobId, isOwn: directory === this.#own })
      }
    }
    return files
  }

  async #isForgotten(path: string): Promise<boolean> {
    const found = await orMissing(stat(path))
    return found === undefined || this.#clock.now().getTime() - found.mtimeMs > foreignMaxAgeMs
  }

  #path(jobId: string): string {
    if (!/^[A-Za-z0-9][\w.-]{0,199}$/u.test(jobId)) {
      throw new IllegalStateError(`Cannot pin cache entries for a job: its id cannot name a file.`)
    }
    return join(this.#own, jobId)
  }
}

interface PinFile {
  readonly path: string
  readonly jobId: string
  readonly isOwn: boolean
}

async function readEntries(path: string): Promise<readonly string[]> {
  const text = (await orMissing(readFile(path, 'utf8'))) ?? ''
  return text.split('\n').filter((line) => line !== '')
}

async function namesIn(directory: string): Promise<readonly string[]> {
  return (await orMissing(readdir(directory))) ?? []
}

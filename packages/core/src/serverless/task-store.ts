import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'

import { ConfigurationError } from '../errors/index.ts'
import { syncDirectory, writeFileAtomic, type Clock, type Logger } from '../runtime/index.ts'
import { taskRecordSchema, type TaskRecord } from './task-record.ts'
import type { TaskRequest } from './task-request.ts'

/** What became of a webhook. */
export type Acceptance =
  | { readonly kind: 'accepted'; readonly task: TaskRecord }
  /** The same key was here before: nothing is done twice. */
  | { readonly kind: 'duplicate'; readonly task: TaskRecord }
  | { readonly kind: 'full' }

export interface TaskStoreOptions {
  readonly directory: string
  /** Most tasks that wait. */
  readonly maxQueued: number
  /** How long a key is remembered after its task was accepted, and at least until it has ended. */
  readonly rememberMs: number
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Tasks on disk, one small file each, replaced as a whole and synced. `accept` resolves once a task is
 * durable: what was answered with 2xx is never forgotten. One process at a time.
 */
export class TaskStore {
  readonly #options: TaskStoreOptions
  readonly #tasks = new Map<string, TaskRecord>()
  readonly #accepting = new Map<string, Promise<Acceptance>>()
  #sequence = 0
  /** Accepted and on their way to the disk: they have their place already. */
  #arriving = 0

  private constructor(options: TaskStoreOptions) {
    this.#options = options
  }

  /** @throws `ConfigurationError` `DATA_DIR_UNUSABLE` when the directory cannot be read or made */
  static async open(options: TaskStoreOptions): Promise<TaskStore> {
    const store = new TaskStore(options)
    try {
      await mkdir(options.directory, { recursive: true, mode: 0o700 })
      for (const name of await readdir(options.directory)) await store.#read(name)
    } catch (error) {
      throw new ConfigurationError(
        `Cannot use the directory of the task queue ${options.directory}: ${error instanceof Error ? error.message : String(error)}. Make it writable for this user.`,
        { code: 'DATA_DIR_UNUSABLE', cause: error },
      )
    }
    await store.forgetOld()
    return store
  }

  /** Tasks in the order of their arrival. */
  list(): readonly TaskRecord[] {
    return [...this.#tasks.values()].toSorted((a, b) => a.sequence - b.sequence)
  }

  count(state: TaskRecord['state']): number {
    let count = 0
    for (const task of this.#tasks.values()) if (task.state === state) count += 1
    return count
  }

  get(key: string): TaskRecord | undefined {
    return this.#tasks.get(key)
  }

  /** Where the log of a task is kept. */
  logPath(key: string): string {
    return join(this.#options.directory, `${nameOf(key)}.log`)
  }

  /** Takes a task, once for each key. Resolves when it is on disk. */
  async accept(key: string, request: TaskRequest): Promise<Acceptance> {
    await this.forgetOld()
    const known = this.#tasks.get(key)
    if (known !== undefined) return { kind: 'duplicate', task: known }
    // Two copies at the same time: the second is answered when the first is durable.
    const arriving = this.#accepting.get(key)
    if (arriving !== undefined) {
      const first = await arriving
      return first.kind === 'accepted' ? { ...first, kind: 'duplicate' } : first
    }
    if (this.count('queued') + this.#arriving >= this.#options.maxQueued) return { kind: 'full' }
    const accepting = this.#add(key, request)
    this.#accepting.set(key, accepting)
    try {
      return await accepting
    } finally {
      this.#accepting.delete(key)
    }
  }

  /** Changes a task; resolves when that is on disk. One caller for each task at a time. */
  async update(
    key: string,
    change: Partial<Omit<TaskRecord, 'version' | 'key'>>,
  ): Promise<TaskRecord> {
    const task = this.#tasks.get(key)
    if (task === undefined) throw new Error(`There is no task ${key}.`)
    const changed = { ...task, ...change }
    await this.#write(changed)
    this.#tasks.set(key, changed)
    return changed
  }

  /** Removes what has ended and whose key need not be known any more. */
  async forgetOld(): Promise<void> {
    const nowMs = this.#options.clock.now().getTime()
    for (const task of this.#tasks.values()) {
      const ageMs = nowMs - Date.parse(task.acceptedAt)
      if (task.state !== 'ended' || ageMs < this.#options.rememberMs) continue
      this.#tasks.delete(task.key)
      await unlink(this.#path(task.key)).catch(() => {})
      await rm(this.logPath(task.key), { force: true })
    }
  }

  async #add(key: string, request: TaskRequest): Promise<Acceptance> {
    this.#sequence += 1
    this.#arriving += 1
    const task: TaskRecord = {
      version: 1,
      key,
      request,
      sequence: this.#sequence,
      acceptedAt: this.#options.clock.now().toISOString(),
      state: 'queued',
      attempts: 0,
    }
    try {
      await this.#write(task)
      this.#tasks.set(key, task)
      return { kind: 'accepted', task }
    } finally {
      this.#arriving -= 1
    }
  }

  async #write(task: TaskRecord): Promise<void> {
    await writeFileAtomic(this.#path(task.key), JSON.stringify(task))
  }

  async #read(name: string): Promise<void> {
    const { directory, logger } = this.#options
    if (!name.endsWith('.json')) return
    const path = join(directory, name)
    try {
      const task = taskRecordSchema.parse(JSON.parse(await readFile(path, 'utf8')))
      this.#tasks.set(task.key, task)
      this.#sequence = Math.max(this.#sequence, task.sequence)
    } catch (error) {
      // Kept for a person: it may be a task that was never run.
      await rename(path, `${path}.unreadable`)
      await syncDirectory(directory)
      logger.error({ err: error, path: `${path}.unreadable` }, 'A task of the queue cannot be read')
    }
  }

  #path(key: string): string {
    return join(this.#options.directory, `${nameOf(key)}.json`)
  }
}

/** A file's and a workload's name for any key. */
export function nameOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 32)
}

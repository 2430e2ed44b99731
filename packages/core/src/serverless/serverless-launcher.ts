import { rm, readdir } from 'node:fs/promises'
import { join } from 'node:path'

import { EventEmitter } from 'eventemitter3'

import { lockDataDir } from '../agent/index.ts'
import { ConfigurationError } from '../errors/index.ts'
import { safeEmitter } from '../runtime/index.ts'
import { Slots, type Slot } from '../scheduler/index.ts'
import { agentDirectory, agentsDirectory } from './agent-directory.ts'
import type { LauncherEvents, TaskResult } from './launcher-events.ts'
import {
  launcherOptionsSchema,
  type ResolvedLauncherOptions,
  type ServerlessLauncherOptions,
} from './launcher-options.ts'
import { TaskRun } from './task-run.ts'
import type { TaskRecord } from './task-record.ts'
import type { TaskRequest } from './task-request.ts'
import { workloadIdOf } from './task-spec.ts'
import { TaskStore, type Acceptance } from './task-store.ts'

/** Those that Scalr's documentation names; there are more. */
const knownActions: ReadonlySet<string> = new Set(['plan', 'apply', 'policy.check', 'checkov'])

/** A launcher at this moment. */
export interface LauncherStatus {
  readonly state: 'running' | 'draining' | 'closed'
  readonly slots: { readonly total: number; readonly free: number }
  readonly queued: number
  readonly running: number
  /** Since this process began. */
  readonly counts: LauncherCounts
}

export interface LauncherCounts {
  readonly accepted: number
  readonly duplicates: number
  readonly refused: number
  readonly launched: number
  /** By how tasks ended: kinds of outcomes, and `failed` where nothing could be started. */
  readonly ended: Readonly<Record<string, number>>
}

/** A task, for people. */
export type TaskView = Omit<TaskRecord, 'version' | 'sequence'>

/**
 * Starts an agent for each task that Scalr posts to a serverless agent pool: one slot each, on any executor.
 * Accepted tasks are on disk, so a crash loses none and starts none twice.
 *
 * @example
 * ```ts
 * await using launcher = await ServerlessLauncher.open({ executor, dataDir, url, token })
 * const receive = createReceiver({ launcher, secret: { header: 'x-launch-secret', values: [secret] } })
 * createServer(toNodeHandler(receive)).listen(8080)
 * ```
 */
export class ServerlessLauncher implements AsyncDisposable {
  /** What happens, for logs, metrics and tests. */
  readonly events = new EventEmitter<LauncherEvents>()
  readonly #emit: ReturnType<typeof safeEmitter<LauncherEvents>>
  readonly #options: ResolvedLauncherOptions
  readonly #store: TaskStore
  readonly #lock: AsyncDisposable
  readonly #slots: Slots
  readonly #closing = new AbortController()
  readonly #draining = new AbortController()
  readonly #under = new Map<string, Promise<void>>()
  readonly #ended: Record<string, number> = {}
  readonly #counts = { accepted: 0, duplicates: 0, refused: 0, launched: 0 }
  #arrived = Promise.withResolvers<void>()
  #loop: Promise<void> = Promise.resolve()

  private constructor(options: ResolvedLauncherOptions, store: TaskStore, lock: AsyncDisposable) {
    this.#options = options
    this.#store = store
    this.#lock = lock
    this.#slots = new Slots(options.concurrency)
    this.#emit = safeEmitter(this.events, options.logger)
    this.events.on('task:launch', () => (this.#counts.launched += 1))
    this.events.on('task:end', ({ result }) => this.#note(result))
  }

  /**
   * Opens the queue, goes on with what an earlier process began, and starts to launch.
   *
   * @throws `ConfigurationError` for wrong options, and when another launcher uses the directory
   */
  static async open(options: ServerlessLauncherOptions): Promise<ServerlessLauncher> {
    const parsed = launcherOptionsSchema.safeParse(options)
    if (!parsed.success) {
      throw ConfigurationError.fromZod('the options of the serverless launcher', parsed.error)
    }
    const { dataDir, maxQueued, rememberMs, clock, logger } = parsed.data
    const lock = await lockDataDir(dataDir)
    try {
      const directory = join(dataDir, 'tasks')
      const store = await TaskStore.open({ directory, maxQueued, rememberMs, clock, logger })
      const launcher = new ServerlessLauncher(parsed.data, store, lock)
      launcher.#start()
      return launcher
    } catch (error) {
      await lock[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Takes a task, once for each key. Resolves when it is durable. `full` also while it drains. */
  async accept(key: string, request: TaskRequest): Promise<Acceptance> {
    if (this.#draining.signal.aborted) {
      const known = this.#store.get(key)
      return known === undefined ? this.#refused(key) : this.#duplicate(known)
    }
    const acceptance = await this.#store.accept(key, request)
    if (acceptance.kind === 'full') return this.#refused(key)
    if (acceptance.kind === 'duplicate') return this.#duplicate(acceptance.task)
    this.#counts.accepted += 1
    const { action, taskId } = request
    this.#emit('task:accept', { key, action })
    if (!knownActions.has(action) && !Object.hasOwn(this.#options.actions, action)) {
      this.#options.logger.info(
        { taskId, action },
        'An action that is not known; its agent is started with the settings of all',
      )
    }
    this.#arrived.resolve()
    return acceptance
  }

  status(): LauncherStatus {
    const { aborted: closed } = this.#closing.signal
    return {
      state: closed ? 'closed' : this.#draining.signal.aborted ? 'draining' : 'running',
      slots: { total: this.#slots.total, free: this.#slots.free },
      queued: this.#store.count('queued'),
      running: this.#store.count('running') + this.#store.count('launching'),
      counts: { ...this.#counts, ended: { ...this.#ended } },
    }
  }

  /** Tasks that are known, oldest first. */
  tasks(): readonly TaskView[] {
    return this.#store.list().map(({ version: _version, sequence: _sequence, ...task }) => task)
  }

  /** Where the log of a task is, whose key that is. */
  logPath(key: string): string | undefined {
    return this.#store.get(key) === undefined ? undefined : this.#store.logPath(key)
  }

  /**
   * Takes no more tasks, starts none that wait, and resolves when those that run have ended, or the signal
   * aborts. What waits stays on disk for the next process.
   */
  async drain(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    this.#draining.abort()
    const all = Promise.all(this.#under.values())
    const { promise: aborted, resolve } = Promise.withResolvers<void>()
    options.signal?.addEventListener('abort', () => resolve(), { once: true })
    if (options.signal?.aborted !== true) await Promise.race([all, aborted])
  }

  /** Lets go of everything; agents that run go on and are taken over by the next process. */
  async close(): Promise<void> {
    this.#draining.abort()
    this.#closing.abort(new Error('The launcher was closed.'))
    await Promise.all([this.#loop, ...this.#under.values()])
    await this.#lock[Symbol.asyncDispose]()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #start(): void {
    const begun = this.#store.list().filter(({ state }) => ['launching', 'running'].includes(state))
    // These have their agents already: they go on even where there are more of them than slots now.
    for (const { key } of begun) this.#take(key, this.#slots.reserve())
    this.#loop = this.#launchInOrder().catch((error: unknown) => {
      if (!this.#draining.signal.aborted) throw error
    })
  }

  async #launchInOrder(): Promise<void> {
    const { signal } = this.#draining
    await this.#removeLeftovers().catch((error: unknown) => {
      this.#options.logger.warn({ err: error }, 'Could not look for workloads of earlier processes')
    })
    for (;;) {
      await this.#slots.whenFree({ signal })
      const next = this.#store
        .list()
        .find(({ key, state }) => state === 'queued' && !this.#under.has(key))
      if (next === undefined) {
        await this.#arrival(signal)
        continue
      }
      this.#take(next.key, this.#slots.reserve())
    }
  }

  /** A task that waits for its next attempt keeps its slot. */
  #take(key: string, slot: Slot | undefined): void {
    const run = new TaskRun({
      store: this.#store,
      options: this.#options,
      emit: this.#emit,
      signal: this.#closing.signal,
    })
      .run(key)
      .catch((error: unknown) => {
        if (this.#closing.signal.aborted) return
        this.#options.logger.error({ err: error, key }, 'A task cannot go on in this process')
      })
      .finally(() => {
        this.#under.delete(key)
        slot?.release()
      })
    this.#under.set(key, run)
  }

  /** Of tasks that have ended, whose removal was cut off. */
  async #removeLeftovers(): Promise<void> {
    const { executor, launcherId } = this.#options
    const { signal } = this.#closing
    const wanted = new Set(
      this.#store
        .list()
        .filter(({ state }) => state !== 'ended')
        .map((task) => workloadIdOf(task)),
    )
    for await (const { id } of executor.list({ agentId: launcherId, signal })) {
      if (wanted.has(id)) continue
      const workload = await executor.attach(id, { signal })
      await workload?.destroy()
    }
    const { dataDir } = this.#options
    const kept = new Set(this.#store.list().map(({ key }) => agentDirectory(dataDir, key)))
    for (const name of await readdir(agentsDirectory(dataDir)).catch(() => [])) {
      const path = join(agentsDirectory(dataDir), name)
      if (!kept.has(path)) await rm(path, { recursive: true, force: true })
    }
  }

  async #arrival(signal: AbortSignal): Promise<void> {
    this.#arrived = Promise.withResolvers<void>()
    // One may have come while we looked.
    if (this.#store.list().some(({ key, state }) => state === 'queued' && !this.#under.has(key)))
      return
    const onAbort = (): void => this.#arrived.reject(signal.reason)
    signal.throwIfAborted()
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      await this.#arrived.promise
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  #note(result: TaskResult): void {
    this.#ended[result] = (this.#ended[result] ?? 0) + 1
  }

  #refused(key: string): Acceptance {
    this.#counts.refused += 1
    this.#emit('task:refuse', { key })
    return { kind: 'full' }
  }

  #duplicate(task: TaskRecord): Acceptance {
    this.#counts.duplicates += 1
    this.#emit('task:duplicate', { key: task.key })
    return { kind: 'duplicate', task }
  }
}

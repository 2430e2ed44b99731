import { describeArchiveFault } from '../../archives/index.ts'
import type { VcsProviderRow, VcsTaskRow } from '../../store/index.ts'
import { createForgeClient, ForgeError } from '../forge/index.ts'
import type { VcsContext } from '../vcs-context.ts'

import { vcsDelayMs } from './vcs-delay.ts'
import { TaskRefusedError, type TaskHandler } from './vcs-task.ts'

const maxActive = 8
const maxActiveOfProvider = 4

/** Does the tasks of the queue: those of one subject in their order, others side by side. */
export class TaskRunner {
  readonly #context: VcsContext
  readonly #handlers: Readonly<Record<string, TaskHandler>>
  readonly #active = new Map<
    number,
    { readonly providerId: string; readonly done: Promise<void> }
  >()
  readonly #closing = new AbortController()
  readonly #waiting = new Set<() => void>()

  constructor(context: VcsContext, handlers: Readonly<Record<string, TaskHandler>>) {
    this.#context = context
    this.#handlers = handlers
  }

  /** Resolves when there is no task for the module, policy group or hook any more, and at the latest after `timeoutMs`. */
  async whenDone(id: string, timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const look = (): void => {
      if (!this.#context.tasks.concerns(id)) resolve()
    }
    const timer = setTimeout(resolve, timeoutMs)
    this.#waiting.add(look)
    this.#closing.signal.addEventListener('abort', () => resolve(), { once: true })
    try {
      look()
      await promise
    } finally {
      clearTimeout(timer)
      this.#waiting.delete(look)
    }
  }

  /** Begins what is due. */
  pass(): void {
    if (this.#closing.signal.aborted || this.#active.size >= maxActive) return
    const { tasks, at } = this.#context
    for (const task of tasks.due(at())) {
      if (this.#active.size >= maxActive) return
      if (this.#active.has(task.id) || this.#countOf(task.vcs_provider_id) >= maxActiveOfProvider) {
        continue
      }
      const done = this.#execute(task).finally(() => {
        this.#active.delete(task.id)
        this.pass()
        for (const look of this.#waiting) look()
      })
      this.#active.set(task.id, { providerId: task.vcs_provider_id, done })
      done.catch((error: unknown) => this.#logFailure(task, error))
    }
  }

  /** Gives up what is under way; the next start does it. */
  async close(): Promise<void> {
    this.#closing.abort(new Error('The control plane is stopping.'))
    await Promise.allSettled([...this.#active.values()].map(({ done }) => done))
  }

  #countOf(providerId: string): number {
    return [...this.#active.values()].filter((one) => one.providerId === providerId).length
  }

  async #execute(task: VcsTaskRow): Promise<void> {
    const { db, providers, tasks, gateway } = this.#context
    const { signal } = this.#closing
    const provider = providers.get(task.vcs_provider_id)
    const handler = this.#handlers[task.kind]
    // Gone with its provider, or of a newer release.
    if (provider === undefined || handler === undefined) return
    try {
      const forge = createForgeClient(gateway, provider)
      const commit = await handler.run({ task, forge, signal })
      if (signal.aborted) return
      db.transaction(() => {
        if (tasks.remove(task.id)) commit()
        providers.setError(provider.id, null)
      })
    } catch (error) {
      if (signal.aborted) return
      this.#settle(task, provider, handler, error)
    }
  }

  #settle(task: VcsTaskRow, provider: VcsProviderRow, handler: TaskHandler, error: unknown): void {
    const { db, providers, tasks, clock, timing, at, logger } = this.#context
    const refusal = refusalOf(error)
    const reason = refusal ?? (error instanceof Error ? error.message : String(error))
    const ageMs = clock.now().getTime() - Date.parse(task.created_at)
    const isLast = refusal !== undefined || ageMs >= timing.vcsRetryForMs
    const fields = { taskId: task.id, kind: task.kind, subject: task.subject, reason }
    if (error instanceof ForgeError || refusal !== undefined) {
      logger.warn(fields, isLast ? 'A task at a VCS failed' : 'A task at a VCS is tried again')
    } else {
      logger.error({ ...fields, err: error }, 'A task at a VCS met an unknown error')
    }
    db.transaction(() => {
      if (error instanceof ForgeError) providers.setError(provider.id, reason)
      if (!isLast) {
        tasks.postpone(task.id, at(vcsDelayMs(timing, task.attempts, error)), reason)
      } else if (tasks.remove(task.id)) {
        handler.failed(task, reason)
      }
    })
  }

  #logFailure(task: VcsTaskRow, error: unknown): void {
    this.#context.logger.error(
      { taskId: task.id, kind: task.kind, err: error },
      'What became of a task at a VCS could not be kept; it is done again',
    )
  }
}

/** What is wrong for good, in words; `undefined` when another try may help. */
function refusalOf(error: unknown): string | undefined {
  if (error instanceof TaskRefusedError) return error.message
  if (error instanceof ForgeError) return error.isTransient ? undefined : error.message
  return describeArchiveFault(error, 'archive of the commit')
}

import { rm } from 'node:fs/promises'

import { ScalrAgentError } from '../errors/index.ts'
import type { Outcome, Workload } from '../executor/index.ts'
import { waitForOutcome } from '../job/index.ts'
import { Backoff, type safeEmitter } from '../runtime/index.ts'
import { agentDirectory } from './agent-directory.ts'
import { keepLog } from './keep-log.ts'
import type { LauncherEvents } from './launcher-events.ts'
import type { ResolvedLauncherOptions } from './launcher-options.ts'
import type { TaskRecord } from './task-record.ts'
import { taskSpec, workloadIdOf } from './task-spec.ts'
import type { TaskStore } from './task-store.ts'

/**
 * One task from its slot to its end: launches the agent, keeps its log and its outcome. A task that an
 * earlier process began is gone on with. Each step is on disk before its effect, and once an agent was
 * started none is ever started again for that task.
 *
 * When the signal aborts, what runs goes on: the next process takes it over.
 */
export class TaskRun {
  readonly #store: TaskStore
  readonly #options: ResolvedLauncherOptions
  readonly #emit: ReturnType<typeof safeEmitter<LauncherEvents>>
  readonly #signal: AbortSignal

  constructor(parts: {
    readonly store: TaskStore
    readonly options: ResolvedLauncherOptions
    readonly emit: ReturnType<typeof safeEmitter<LauncherEvents>>
    readonly signal: AbortSignal
  }) {
    this.#store = parts.store
    this.#options = parts.options
    this.#emit = parts.emit
    this.#signal = parts.signal
  }

  /** Resolves when the task has ended; its record tells how. @throws the signal's reason when it aborts */
  async run(key: string): Promise<void> {
    const { clock } = this.#options
    const backoff = new Backoff({ maxMs: 60_000 })
    for (;;) {
      const task = this.#known(key)
      if (task.state === 'ended') return
      const begun = await this.#begin(task)
      if (begun === undefined) return
      const failure = begun === 'later' ? undefined : await this.#follow(key, begun)
      if (failure === 'ended') return
      await clock.sleep(backoff.nextMs(), { signal: this.#signal })
    }
  }

  /** The agent of that task, or `later` when it could not be started now. `undefined`: the task has ended. */
  async #begin(task: TaskRecord): Promise<Workload | 'later' | undefined> {
    const { executor, logger } = this.#options
    const options = { signal: this.#signal }
    try {
      if (task.state === 'running') {
        const found = await executor.attach(workloadIdOf(task), options)
        if (found === undefined) {
          await this.#end(task.key, {
            failure: 'The agent that was started is gone; nobody saw its end.',
          })
        }
        return found
      }
      // The same attempt has the same workload id: if it was started, this finds it.
      const { clock } = this.#options
      const begunMs = clock.monotonicMs()
      if (task.state === 'queued' && task.attempts === 0) {
        const queuedMs = clock.now().getTime() - Date.parse(task.acceptedAt)
        this.#emit('task:begin', { key: task.key, queuedMs: Math.max(queuedMs, 0) })
      }
      const launching =
        task.state === 'launching'
          ? task
          : await this.#store.update(task.key, { state: 'launching', attempts: task.attempts + 1 })
      const workload = await executor.launch(taskSpec(launching, this.#options), options)
      const launchedAt = clock.now().toISOString()
      await this.#store.update(task.key, { state: 'running', launchedAt })
      const launchMs = clock.monotonicMs() - begunMs
      this.#emit('task:launch', { key: task.key, attempt: launching.attempts, launchMs })
      logger.info({ taskId: task.request.taskId, workloadId: workload.id }, 'Started an agent')
      return workload
    } catch (error) {
      this.#signal.throwIfAborted()
      const mayRetry = ScalrAgentError.isInstance(error) && error.retryable
      const message = error instanceof Error ? error.message : String(error)
      if (mayRetry && (task.state === 'running' || this.#hasTime(task))) {
        logger.warn(
          { err: error, taskId: task.request.taskId },
          'Could not start an agent; trying again',
        )
        return 'later'
      }
      await this.#end(task.key, { failure: message })
      return undefined
    }
  }

  /** Waits for its end. `again` when it never ran and there is time to try once more. */
  async #follow(key: string, workload: Workload): Promise<'ended' | 'again'> {
    const { clock, logger, logLimitBytes } = this.#options
    const signal = this.#signal
    const secrets = Object.values(taskSpec(this.#known(key), this.#options).secretEnv)
    const [outcome, logBytes] = await Promise.all([
      waitForOutcome(workload, { clock, logger, signal }),
      keepLog(workload, this.#store.logPath(key), {
        limitBytes: logLimitBytes,
        secrets,
        signal,
      }).catch((error: unknown) => {
        signal.throwIfAborted()
        logger.warn({ err: error, workloadId: workload.id }, 'Could not keep the log of an agent')
        return undefined
      }),
    ])
    const task = this.#known(key)
    if (mayStartAgain(outcome) && this.#hasTime(task)) {
      logger.warn({ taskId: task.request.taskId, outcome }, 'An agent did not start; trying again')
      // The next attempt has another id, so this must be known before it.
      await this.#store.update(key, { state: 'queued' })
      await this.#destroy(workload)
      return 'again'
    }
    await this.#end(key, { outcome, ...(logBytes === undefined ? {} : { logBytes }) })
    await this.#destroy(workload)
    // Of an agent that did not end well, it may hold the only copy of a state.
    if (outcome.kind === 'exited' && outcome.exitCode === 0) {
      const directory = agentDirectory(this.#options.dataDir, key)
      await rm(directory, { recursive: true, force: true }).catch((error: unknown) => {
        logger.warn(
          { err: error, directory },
          'Could not remove the data of an agent that has ended',
        )
      })
    }
    return 'ended'
  }

  async #end(
    key: string,
    how: Partial<Pick<TaskRecord, 'failure' | 'logBytes' | 'outcome'>>,
  ): Promise<void> {
    const { clock, logger } = this.#options
    const task = await this.#store.update(key, {
      state: 'ended',
      endedAt: clock.now().toISOString(),
      ...how,
    })
    logger.info({ taskId: task.request.taskId, ...how }, 'A task has ended')
    const { outcome, launchedAt } = task
    const ranMs =
      launchedAt === undefined ? undefined : clock.now().getTime() - Date.parse(launchedAt)
    this.#emit('task:end', {
      key,
      result: how.failure === undefined ? (outcome?.kind ?? 'failed') : 'failed',
      exitCode: outcome?.kind === 'exited' ? outcome.exitCode : undefined,
      runMs: ranMs === undefined ? undefined : Math.max(ranMs, 0),
    })
  }

  /** What stays is removed by the launcher's next start. */
  async #destroy(workload: Workload): Promise<void> {
    await workload.destroy().catch((error: unknown) => {
      this.#options.logger.warn(
        { err: error, workloadId: workload.id },
        'Could not remove a workload',
      )
    })
  }

  #hasTime(task: TaskRecord): boolean {
    const { clock, launchForMs } = this.#options
    return clock.now().getTime() - Date.parse(task.acceptedAt) < launchForMs
  }

  #known(key: string): TaskRecord {
    const task = this.#store.get(key)
    if (task === undefined) throw new Error(`There is no task ${key}.`)
    return task
  }
}

/** Only what never ran; an image that is missing may be there in a minute. */
function mayStartAgain(outcome: Outcome): boolean {
  return outcome.kind === 'not-started' && outcome.cause !== 'rejected'
}

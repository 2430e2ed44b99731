import { ScalrAgentError } from '../errors/index.ts'
import type { Outcome, Workload } from '../executor/index.ts'
import { waitForOutcome } from '../job/index.ts'
import { Backoff } from '../runtime/index.ts'
import { keepLog } from './keep-log.ts'
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
  readonly #signal: AbortSignal

  constructor(store: TaskStore, options: ResolvedLauncherOptions, signal: AbortSignal) {
    this.#store = store
    this.#options = options
    this.#signal = signal
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
      const launching =
        task.state === 'launching'
          ? task
          : await this.#store.update(task.key, { state: 'launching', attempts: task.attempts + 1 })
      const workload = await executor.launch(taskSpec(launching, this.#options), options)
      const launchedAt = this.#options.clock.now().toISOString()
      await this.#store.update(task.key, { state: 'running', launchedAt })
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
    const { clock, logger, logLimitBytes, token, launch } = this.#options
    const signal = this.#signal
    const secrets = [token, ...Object.values(launch.secretEnv)]
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

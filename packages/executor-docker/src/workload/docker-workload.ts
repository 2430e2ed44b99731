import type { Readable } from 'node:stream'

import {
  ScalrAgentError,
  type InterruptLevel,
  type OperationOptions,
  type Outcome,
  type ResourceUsage,
  type Workload,
} from '@scalr-agent/core'
import { interruptCommand, isInterruptAnswer, marks } from '@scalr-agent/core/container'

import { readState } from '../container/container-state.ts'
import { putMark } from '../container/put-mark.ts'
import type { DockerContext } from '../context.ts'
import {
  dockerError,
  isNotFound,
  isNotRunning,
  toDockerError,
  type DockerErrorContext,
} from '../docker-error.ts'
import { isAbandoned } from '../container/is-abandoned.ts'
import { removeContainer, removeVolumes } from '../container/remove-workload.ts'
import { persist } from '../calls/persist.ts'
import { followOutput } from './follow-output.ts'
import { readFiles } from './read-files.ts'
import { usageOf } from './usage.ts'

/** How long to wait for an event before the engine is asked again. */
const pollMs = 2000
const pendingPollMs = 50
/** Most time for the mark that explains a kill; the kill itself is not held up any longer. */
const markLimitMs = 5000
const endPollMs = 50
/** How often to try, and how far apart, while a running container starts no process. */
const interruptAttempts = 20
const interruptPauseMs = 250

/** A handle on a container: what it answers is read from the engine, so that any process may hold one. */
export class DockerWorkload implements Workload {
  readonly id: string
  readonly #context: DockerContext
  readonly #disposed: AbortSignal
  /** Kept so that a `wait` under way while this handle destroys the workload tells the truth. */
  #lastOutcome: Outcome | undefined

  constructor(context: DockerContext, id: string, disposed: AbortSignal) {
    this.id = id
    this.#context = context
    this.#disposed = disposed
  }

  async *output(
    fromByte: number,
    options: OperationOptions = {},
  ): AsyncGenerator<Uint8Array, void> {
    const signal = this.#signal(options)
    try {
      yield* followOutput(this.#context, this.id, fromByte, signal)
    } catch (error) {
      signal.throwIfAborted()
      throw toDockerError(error, this.#doing('output', 'read the output of'))
    }
  }

  async wait(options: OperationOptions = {}): Promise<Outcome> {
    const signal = this.#signal(options)
    const { clock, events, client } = this.#context
    signal.throwIfAborted()
    using _watch = events.watch()
    try {
      for (;;) {
        const state = await persist(clock, signal, () => readState(client, this.id, signal))
        if (state.phase === 'ended') return (this.#lastOutcome = state.outcome)
        if (state.phase === 'absent' || state.phase === 'stranger') return this.#gone()
        if (state.phase === 'starting' && isAbandoned(state, clock)) {
          return {
            kind: 'not-started',
            cause: 'start-timeout',
            evidence: 'The process that launched it ended before it was started.',
          }
        }
        await events.next(state.phase === 'starting' ? pendingPollMs : pollMs, signal)
      }
    } catch (error) {
      signal.throwIfAborted()
      throw toDockerError(error, this.#doing('wait', 'wait for'))
    }
  }

  async interrupt(level: InterruptLevel): Promise<void> {
    await this.#translated('interrupt', 'interrupt', async (signal) => {
      const state = await readState(this.#context.client, this.id, signal)
      if (state.phase !== 'running') return
      if (level === 'kill') await this.#kill(state.containerId, signal)
      else await this.#signalMain(state.containerId, level, signal)
    })
  }

  async usage(): Promise<ResourceUsage | undefined> {
    return await this.#translated('usage', 'measure', async (signal) => {
      const state = await readState(this.#context.client, this.id, signal)
      if (state.phase !== 'running') return undefined
      const stats = await this.#context.client.stats(state.containerId, signal)
      return stats === undefined ? undefined : usageOf(stats)
    })
  }

  async readFiles(paths: readonly string[]): Promise<Readable> {
    return await this.#translated('read-files', 'read the files of', async (signal) => {
      const state = await readState(this.#context.client, this.id, signal)
      if (state.phase === 'absent' || state.phase === 'stranger') {
        throw dockerError(
          'ENGINE_FAILURE',
          'read-files',
          `Cannot read the files of workload \`${this.id}\`: its container was removed.`,
        )
      }
      return readFiles(this.#context.client, state.containerId, paths, signal)
    })
  }

  async destroy(): Promise<void> {
    const { client, clock } = this.#context
    await this.#translated('destroy', 'destroy', async (signal) => {
      const state = await readState(client, this.id, signal)
      if (state.phase !== 'absent' && state.phase !== 'stranger') {
        if (state.phase === 'ended') this.#lastOutcome = state.outcome
        await removeContainer(client, clock, state.containerId, signal)
      }
      // Also when the container was removed by hand.
      await removeVolumes(client, this.id, signal)
    })
  }

  async #kill(containerId: string, signal: AbortSignal): Promise<void> {
    const { client, clock, logger } = this.#context
    // The intent first: a container that died of SIGKILL left no exit record that could explain it.
    const limit = AbortSignal.any([signal, AbortSignal.timeout(markLimitMs)])
    await putMark(client, containerId, marks.killed, '', limit).catch((error: unknown) => {
      signal.throwIfAborted()
      logger.warn({ workload: this.id, error }, 'Cannot note that a workload is killed; killing it')
    })
    await client.kill(containerId, signal)
    while (await this.#runs(containerId, signal)) await clock.sleep(endPollMs, { signal })
  }

  async #runs(containerId: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#context.client.inspect(containerId, signal))?.State.Running ?? false
  }

  async #signalMain(
    containerId: string,
    level: 'soft' | 'hard',
    signal: AbortSignal,
  ): Promise<void> {
    const command = interruptCommand(level, 'stderr')
    // Repeating is safe: whoever makes the mark sends the signal, and nobody else (I8).
    for (let attempt = 0; attempt < interruptAttempts; attempt += 1) {
      let said = ''
      try {
        for await (const chunk of this.#context.client.exec(containerId, command, signal)) {
          said += chunk.toString('latin1')
        }
      } catch (error) {
        if (!isNotRunning(error) && !isNotFound(error)) throw error
      }
      // Only what the script said proves that it ran to its end.
      if (isInterruptAnswer(said)) return
      if (!(await this.#runs(containerId, signal))) return
      // Often it is about to end; the engine starts nothing in it then.
      await this.#context.clock.sleep(interruptPauseMs, { signal })
    }
    throw dockerError(
      'UNAVAILABLE',
      'interrupt',
      `Cannot interrupt workload \`${this.id}\`: its container starts no further process (it may be at ` +
        'its limit of memory or processes, or paused). Try again, or kill it.',
    )
  }

  #gone(): Outcome {
    return (
      this.#lastOutcome ?? {
        kind: 'lost',
        evidence:
          'Its container is gone: it was destroyed, or removed by hand, before its end was seen.',
      }
    )
  }

  async #translated<T>(
    phase: string,
    verb: string,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    this.#disposed.throwIfAborted()
    try {
      return await work(this.#disposed)
    } catch (error) {
      if (ScalrAgentError.isInstance(error)) throw error
      this.#disposed.throwIfAborted()
      throw toDockerError(error, this.#doing(phase, verb))
    }
  }

  #signal(options: OperationOptions): AbortSignal {
    this.#disposed.throwIfAborted()
    return options.signal === undefined
      ? this.#disposed
      : AbortSignal.any([options.signal, this.#disposed])
  }

  #doing(phase: string, verb: string): DockerErrorContext {
    return { phase, doing: `${verb} workload \`${this.id}\`` }
  }
}

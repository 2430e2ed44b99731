import { basename } from 'node:path'
import type { Readable } from 'node:stream'

import {
  type InterruptLevel,
  type OperationOptions,
  type Outcome,
  type ResourceUsage,
  type Workload,
} from '@scalr-agent/core'

import { cgroupUsage } from './cgroup/workload-cgroup.ts'
import { ChangeWatch } from './change-watch.ts'
import { discardWorkload, findJobDirectory } from './claim.ts'
import type { ProcessContext } from './context.ts'
import type { WorkloadPaths } from './data-directory.ts'
import { endProcesses } from './end-processes.ts'
import { followOutput } from './follow-output.ts'
import { packFiles } from './pack-files.ts'
import { errorCode, processError, toProcessError } from './process-error.ts'
import { isSameProcess } from './process-identity.ts'
import { sessionUsage } from './session-usage.ts'
import { makeMark } from './records.ts'
import { readWorkloadState, type WorkloadState } from './workload-state.ts'

const signals = { soft: 'SIGTERM', hard: 'SIGQUIT' } as const

/** A handle on a workload's directory: what it answers is read there, so that any process may hold one. */
export class ProcessWorkload implements Workload {
  readonly id: string
  readonly #context: ProcessContext
  readonly #paths: WorkloadPaths
  readonly #disposed: AbortSignal
  /** Kept so that a `wait` under way while this handle destroys the workload tells the truth. */
  #lastOutcome: Outcome | undefined

  constructor(context: ProcessContext, id: string, disposed: AbortSignal) {
    this.id = id
    this.#context = context
    this.#paths = context.directory.workload(id)
    this.#disposed = disposed
  }

  async *output(
    fromByte: number,
    options: OperationOptions = {},
  ): AsyncGenerator<Uint8Array, void> {
    const { clock } = this.#context
    const signal = this.#signal(options)
    try {
      yield* followOutput({ paths: this.#paths, fromByte, clock, signal })
    } catch (error) {
      signal.throwIfAborted()
      throw toProcessError(error, this.#doing('output', 'read the output of'))
    }
  }

  async wait(options: OperationOptions = {}): Promise<Outcome> {
    const signal = this.#signal(options)
    signal.throwIfAborted()
    const { root, run, output } = this.#paths
    // Each line that is printed changes the output, and says nothing of the end.
    using watch = new ChangeWatch([root, run], {
      clock: this.#context.clock,
      output: basename(output),
      followsOutput: false,
    })
    for (;;) {
      const state = await this.#state('wait', 'wait for')
      if (state.phase === 'ended') return (this.#lastOutcome = state.outcome)
      if (state.phase === 'absent') {
        return this.#lastOutcome ?? { kind: 'lost', evidence: 'The workload was destroyed.' }
      }
      await watch.next(signal)
    }
  }

  async interrupt(level: InterruptLevel): Promise<void> {
    const state = await this.#state('interrupt', 'interrupt')
    if (state.phase !== 'running') return
    try {
      if (level === 'kill') await this.#kill(state)
      else await this.#signalMain(state, level)
    } catch (error) {
      // Destroyed by somebody else at this moment.
      if (errorCode(error) === 'ENOENT') return
      throw toProcessError(error, this.#doing('interrupt', 'interrupt'))
    }
  }

  async usage(): Promise<ResourceUsage | undefined> {
    const state = await this.#state('usage', 'measure')
    if (state.phase !== 'running') return undefined
    const { cgroup } = state.record
    return cgroup === undefined
      ? sessionUsage(state.processes.supervisor.pid)
      : await cgroupUsage(cgroup)
  }

  async readFiles(paths: readonly string[]): Promise<Readable> {
    const state = await this.#state('read-files', 'read the files of')
    if (state.phase === 'absent') {
      throw processError(
        'ENGINE_FAILURE',
        'read-files',
        `Cannot read the files of workload \`${this.id}\`: it was destroyed.`,
      )
    }
    return packFiles(await findJobDirectory(this.#context, state.record), paths)
  }

  async destroy(): Promise<void> {
    try {
      let state = await readWorkloadState(this.#paths, this.#context.clock)
      if (state.phase === 'running') {
        await this.#kill(state)
        state = await readWorkloadState(this.#paths, this.#context.clock)
      }
      if (state.phase === 'absent') return
      if (state.phase === 'ended') this.#lastOutcome = state.outcome
      if (state.phase === 'running') throw this.#unkillable(state)
      await discardWorkload(this.#context, state.record)
    } catch (error) {
      throw toProcessError(error, this.#doing('destroy', 'destroy'))
    }
  }

  async #kill(state: Extract<WorkloadState, { phase: 'running' }>): Promise<void> {
    // The intent first: should we die now, the end that we may have caused is explained.
    await makeMark(this.#paths.killed)
    await endProcesses(this.#paths, state.record, state.processes, this.#context.clock)
  }

  async #signalMain(
    state: Extract<WorkloadState, { phase: 'running' }>,
    level: 'soft' | 'hard',
  ): Promise<void> {
    const { main } = state.processes
    if (!(await isSameProcess(main))) return
    // Whoever makes the mark sends the signal; nobody ever sends a second one (I8).
    if (!(await makeMark(level === 'soft' ? this.#paths.soft : this.#paths.hard))) return
    if (!(await isSameProcess(main))) return
    try {
      process.kill(main.pid, signals[level])
    } catch (error) {
      if (errorCode(error) !== 'ESRCH') throw error
    }
  }

  async #state(phase: string, verb: string): Promise<WorkloadState> {
    try {
      return await readWorkloadState(this.#paths, this.#context.clock)
    } catch (error) {
      throw toProcessError(error, this.#doing(phase, verb))
    }
  }

  #signal(options: OperationOptions): AbortSignal {
    this.#disposed.throwIfAborted()
    return options.signal === undefined
      ? this.#disposed
      : AbortSignal.any([options.signal, this.#disposed])
  }

  #doing(phase: string, verb: string): { readonly phase: string; readonly doing: string } {
    return { phase, doing: `${verb} workload \`${this.id}\`` }
  }

  #unkillable(state: Extract<WorkloadState, { phase: 'running' }>): Error {
    const { supervisor, main } = state.processes
    return processError(
      'ENGINE_FAILURE',
      'destroy',
      `Cannot destroy workload \`${this.id}\`: its processes ${supervisor.pid} and ${main.pid} do not ` +
        'end after SIGKILL. They hang in the kernel (often a dead network file system); try again later.',
    )
  }
}

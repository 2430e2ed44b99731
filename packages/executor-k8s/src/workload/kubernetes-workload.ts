import type { Readable } from 'node:stream'

import {
  ScalrAgentError,
  type InterruptLevel,
  type OperationOptions,
  type Outcome,
  type ResourceUsage,
  type Workload,
} from '@scalr-agent/core'

import type { KubeClient, KubeWatch } from '../calls/kube-client.ts'
import { giveUpAfter, persist } from '../calls/persist.ts'
import type { KubernetesContext } from '../context.ts'
import {
  kubernetesError,
  toKubernetesError,
  type KubernetesErrorContext,
} from '../kubernetes-error.ts'
import { abandonedOutcome } from '../launch/is-abandoned.ts'
import { removeWorkload } from '../launch/remove-workload.ts'
import { isRunning } from '../pod/pod-facts.ts'
import { usageCommand } from '../pod/read-commands.ts'
import { agentSelector } from '../pod/record.ts'
import { readState, type WorkloadState } from '../pod/workload-state.ts'
import { awaitEnd } from './await-end.ts'
import { followOutput } from './follow-output.ts'
import { interruptWorkload } from './interrupt-workload.ts'
import { readFiles } from './read-files.ts'
import { askMain } from './tell-main.ts'
import { usageOf } from './usage.ts'

/** A measurement is a process in the pod: fifty jobs asked each second would be fifty processes a second. */
const usageMs = 5000
/** How long a server that is away, or has too many requests, is asked again. */
const patienceMs = 60_000

/** A handle on a kubeJob: what it answers is read from the cluster, so that any process may hold one. */
export class KubernetesWorkload implements Workload {
  readonly id: string
  readonly #context: KubernetesContext
  readonly #disposed: AbortSignal
  /** Kept so that a `wait` under way while this handle destroys the workload tells the truth. */
  #lastOutcome: Outcome | undefined
  #lastUsage: { readonly atMs: number; readonly value: ResourceUsage | undefined } | undefined

  constructor(context: KubernetesContext, id: string, disposed: AbortSignal) {
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
      const { client } = await this.#context.connect()
      using watch = await this.#watch(signal)
      if (watch === undefined) {
        throw kubernetesError(
          'OUTPUT_LOST',
          'output',
          `Cannot read the output of workload \`${this.id}\`: it was removed.`,
        )
      }
      yield* followOutput(this.#context, { client, watch }, this.id, fromByte, signal)
    } catch (error) {
      signal.throwIfAborted()
      throw toKubernetesError(error, this.#doing('output', 'read the output of'))
    }
  }

  async wait(options: OperationOptions = {}): Promise<Outcome> {
    const signal = this.#signal(options)
    signal.throwIfAborted()
    try {
      const { client } = await this.#context.connect()
      using watch = await this.#watch(signal)
      if (watch === undefined) return this.#gone()
      const end = await awaitEnd(this.#context, { client, watch }, this.id, signal)
      if (end.phase === 'absent') return this.#gone()
      if (end.phase === 'abandoned') return abandonedOutcome
      this.#lastOutcome = end.outcome
      return end.outcome
    } catch (error) {
      signal.throwIfAborted()
      throw toKubernetesError(error, this.#doing('wait', 'wait for'))
    }
  }

  async interrupt(level: InterruptLevel): Promise<void> {
    await this.#translated('interrupt', 'interrupt', async (client, signal) => {
      await interruptWorkload(this.#context, client, { id: this.id, level }, signal)
    })
  }

  /** At most five seconds old. */
  async usage(): Promise<ResourceUsage | undefined> {
    const last = this.#lastUsage
    const nowMs = this.#context.clock.monotonicMs()
    if (last !== undefined && nowMs - last.atMs < usageMs) return last.value
    const value = await this.#measure()
    if (value !== undefined) this.#lastUsage = { atMs: nowMs, value }
    return value
  }

  async readFiles(paths: readonly string[]): Promise<Readable> {
    return await this.#translated('read-files', 'read the files of', async (client, signal) => {
      const state = await this.#readPatiently(client, signal)
      const pod = state.phase === 'running' || state.phase === 'ended' ? state.pod : undefined
      if (pod === undefined) {
        throw kubernetesError(
          'ENGINE_FAILURE',
          'read-files',
          `Cannot read the files of workload \`${this.id}\`: its pod is gone, or was never started.`,
        )
      }
      return readFiles(client, pod.metadata?.name ?? '', paths, signal)
    })
  }

  async destroy(): Promise<void> {
    await this.#translated('destroy', 'destroy', async (client, signal) => {
      const state = await this.#readPatiently(client, signal)
      if (state.phase === 'absent') return
      if (state.phase === 'ended') this.#lastOutcome = state.outcome
      using watch = await this.#watch(signal)
      await removeWorkload(this.#context, client, { id: this.id, ...state }, { signal, watch })
    })
  }

  async #readPatiently(client: KubeClient, signal: AbortSignal): Promise<WorkloadState> {
    const { clock } = this.#context
    const giveUp = giveUpAfter(clock, patienceMs)
    return await persist(clock, signal, () => readState(client, this.id, signal), giveUp)
  }

  async #measure(): Promise<ResourceUsage | undefined> {
    return await this.#translated('usage', 'measure', async (client, signal) => {
      const state = await readState(client, this.id, signal)
      if (state.phase !== 'running' || !isRunning(state.pod, 'main')) return undefined
      return usageOf(await askMain(client, state, usageCommand, signal))
    })
  }

  /** Of all that belongs to the agent, so that its jobs share one; \`undefined\` when the workload is not there. */
  async #watch(signal: AbortSignal): Promise<KubeWatch | undefined> {
    const { client, watches } = await this.#context.connect()
    const state = await persist(this.#context.clock, signal, () =>
      readState(client, this.id, signal),
    )
    return state.phase === 'absent' ? undefined : watches.watch(agentSelector(state.record.agentId))
  }

  #gone(): Outcome {
    return (
      this.#lastOutcome ?? {
        kind: 'lost',
        evidence:
          'Its kubeJob is gone: it was destroyed, or removed by hand, before its end was seen.',
      }
    )
  }

  async #translated<T>(
    phase: string,
    verb: string,
    work: (client: KubeClient, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    this.#disposed.throwIfAborted()
    try {
      const { client } = await this.#context.connect()
      return await work(client, this.#disposed)
    } catch (error) {
      if (ScalrAgentError.isInstance(error)) throw error
      this.#disposed.throwIfAborted()
      throw toKubernetesError(error, this.#doing(phase, verb))
    }
  }

  #signal(options: OperationOptions): AbortSignal {
    this.#disposed.throwIfAborted()
    return options.signal === undefined
      ? this.#disposed
      : AbortSignal.any([options.signal, this.#disposed])
  }

  #doing(phase: string, verb: string): KubernetesErrorContext {
    return { phase, doing: `${verb} workload \`${this.id}\`` }
  }
}

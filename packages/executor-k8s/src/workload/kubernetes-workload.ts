import type { Readable } from 'node:stream'

import {
  ScalrAgentError,
  type InterruptLevel,
  type OperationOptions,
  type Outcome,
  type ResourceUsage,
  type Workload,
} from '@scalr-agent/core'
import { interruptCommand, isInterruptAnswer } from '@scalr-agent/core/container'

import type { KubeClient, KubeWatch } from '../calls/kube-client.ts'
import { giveUpAfter, persist } from '../calls/persist.ts'
import type { KubernetesContext } from '../context.ts'
import {
  isAway,
  kubernetesError,
  toKubernetesError,
  type KubernetesErrorContext,
} from '../kubernetes-error.ts'
import { isAbandoned } from '../launch/is-abandoned.ts'
import { removeWorkload } from '../launch/remove-workload.ts'
import { containerNames } from '../manifest/own-names.ts'
import { isGoing } from '../pod/going-pod.ts'
import { isRunning } from '../pod/pod-facts.ts'
import { agentSelector, annotationNames, recordOf, startedPodOf } from '../pod/record.ts'
import { killCommand, usageCommand } from '../pod/scripts.ts'
import { readState, stateOf, type WorkloadState } from '../pod/workload-state.ts'
import { execText } from './exec-text.ts'
import { followOutput } from './follow-output.ts'
import { readFiles } from './read-files.ts'
import { usageOf } from './usage.ts'

/** How long a watch may tell nothing before the server is asked. */
const beltMs = 10_000
/** A measurement is a process in the pod: fifty jobs asked each second would be fifty processes a second. */
const usageMs = 5000
const pendingPollMs = 500
/** How long a server that is away, or has too many requests, is asked again. */
const patienceMs = 60_000
/** Most time for the note that explains a kill; the kill itself is not held up any longer. */
const noteLimitMs = 5000
/** How often to try, and how far apart, while a running container starts no process. */
const execAttempts = 10
const execPauseMs = 500
/** How long main may take to end once all of it was killed. */
const killLimitMs = 30_000

type Running = Extract<WorkloadState, { phase: 'running' }>

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
      return await this.#waitWith(client, watch, signal)
    } catch (error) {
      signal.throwIfAborted()
      throw toKubernetesError(error, this.#doing('wait', 'wait for'))
    }
  }

  async interrupt(level: InterruptLevel): Promise<void> {
    await this.#translated('interrupt', 'interrupt', async (client, signal) => {
      const state = await readState(client, this.id, signal)
      if (state.phase !== 'running') return
      if (level === 'kill') {
        await this.#kill(client, state, signal)
        return
      }
      const said = await this.#inMain(client, state, interruptCommand(level, 'stdout'), signal)
      if (said === undefined || isInterruptAnswer(said)) return
      throw kubernetesError(
        'UNAVAILABLE',
        'interrupt',
        `Cannot interrupt workload \`${this.id}\`: its container starts no further process (it may be at its limit of memory or processes, or its node is away). Try again, or kill it.`,
      )
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
      const said = await askMain(client, state, usageCommand, signal)
      return usageOf(said)
    })
  }

  async #waitWith(client: KubeClient, watch: KubeWatch, signal: AbortSignal): Promise<Outcome> {
    const { clock } = this.#context
    let name: string | undefined
    for (;;) {
      // The watch decides when to look; what it saw is asked for once more before it counts.
      const state = await persist(clock, signal, () => readState(client, this.id, signal, name))
      if (state.phase === 'ended') return (this.#lastOutcome = state.outcome)
      if (state.phase === 'absent') return this.#gone()
      if (state.phase === 'starting' && isAbandoned(state, clock)) {
        return {
          kind: 'not-started',
          cause: 'start-timeout',
          evidence: 'The process that launched it ended before it was started.',
        }
      }
      name = state.name
      const startedMs = clock.monotonicMs()
      const isSlow = state.phase === 'starting' || isGoing(state.pod)
      const lookMs = isSlow ? pendingPollMs : beltMs
      do {
        await watch.next(lookMs, signal)
      } while (clock.monotonicMs() - startedMs < lookMs && seenIn(watch, state) === state.phase)
    }
  }

  async #kill(client: KubeClient, state: Running, signal: AbortSignal): Promise<void> {
    const { clock, logger } = this.#context
    // The intent first: a pod that is gone leaves no exit record that could explain it.
    const limit = AbortSignal.any([signal, AbortSignal.timeout(noteLimitMs)])
    const note = { metadata: { annotations: { [annotationNames.killed]: 'true' } } }
    await persist(clock, limit, () => client.jobs.patch(state.name, note, limit)).catch(
      (error: unknown) => {
        signal.throwIfAborted()
        logger.warn(
          { workload: this.id, err: error },
          'Cannot note that a workload is killed; killing it',
        )
      },
    )
    const said = await this.#inMain(client, state, killCommand, signal)
    if (said === undefined || said.startsWith('killed')) {
      const startedMs = clock.monotonicMs()
      do {
        const now = await persist(clock, signal, () => readState(client, this.id, signal))
        if (now.phase !== 'running') return
        await clock.sleep(100, { signal })
      } while (clock.monotonicMs() - startedMs <= killLimitMs)
    }
    // No process can be started in it, or it does not die: its node has to end it. Its output goes, too.
    const { name = '', uid } = state.pod.metadata ?? {}
    logger.warn(
      { workload: this.id, pod: name },
      'Cannot kill a workload in its pod; removing the pod',
    )
    const removedMs = clock.monotonicMs()
    for (;;) {
      // By force in the end: a node that is gone never says that it ended the pod.
      const gracePeriodSeconds = clock.monotonicMs() - removedMs > killLimitMs ? 0 : 1
      await persist(clock, signal, () =>
        client.pods.remove(name, { uid, gracePeriodSeconds }, signal),
      )
      const now = await persist(clock, signal, () => readState(client, this.id, signal))
      if (now.phase !== 'running') return
      await clock.sleep(500, { signal })
    }
  }

  /** What a process in main said; \`''\` when none could be started there, \`undefined\` when it has ended. */
  async #inMain(
    client: KubeClient,
    state: Running,
    command: readonly [string, ...string[]],
    signal: AbortSignal,
  ): Promise<string | undefined> {
    let now: WorkloadState = state
    for (let attempt = 0; attempt < execAttempts; attempt += 1) {
      if (now.phase !== 'running') return undefined
      try {
        const said = await askMain(client, now, command, signal)
        if (said !== '') return said
      } catch (error) {
        signal.throwIfAborted()
        this.#context.logger.debug(
          { workload: this.id, err: error },
          'No process could be started in main',
        )
        if (isAway(error)) await this.#context.clock.sleep(execPauseMs, { signal })
      }
      // Often it is about to end, or to begin.
      await this.#context.clock.sleep(execPauseMs, { signal })
      now = await persist(this.#context.clock, signal, () => readState(client, this.id, signal))
    }
    return now.phase === 'running' ? '' : undefined
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

/** The phase as the watch last saw it; `unknown` makes the caller look for itself. */
function seenIn(
  watch: KubeWatch,
  { name, uid }: Pick<Running, 'name' | 'uid'>,
): WorkloadState['phase'] | 'unknown' {
  const kubeJob = watch.kubeJobs?.get(name)
  if (kubeJob === undefined || kubeJob.metadata?.uid !== uid || recordOf(kubeJob) === undefined) {
    return watch.kubeJobs === undefined ? 'unknown' : 'absent'
  }
  const started = startedPodOf(kubeJob)
  if (started !== undefined && watch.pods === undefined) return 'unknown'
  const pod = started === undefined ? undefined : watch.pods?.get(started.name)
  // Its end is told by nothing that is watched.
  if (pod !== undefined && isGoing(pod)) return 'unknown'
  const state = stateOf(kubeJob, pod)
  return state === undefined || state === 'gone' ? 'unknown' : state.phase
}

async function askMain(
  client: KubeClient,
  state: Running,
  command: readonly [string, ...string[]],
  signal: AbortSignal,
): Promise<string> {
  if (!isRunning(state.pod, 'main')) return ''
  const pod = state.pod.metadata?.name ?? ''
  return await execText(client, { pod, container: containerNames.main, command }, signal)
}

import {
  ConfigurationError,
  IllegalStateError,
  type CheckOptions,
  type Executor,
  type ExecutorCapabilities,
  type Finding,
  type ListOptions,
  type OperationOptions,
  type Workload,
  type WorkloadRef,
  type WorkloadSpec,
} from '@scalr-agent/core'
import { isId } from '@scalr-agent/core/container'
import { KeyedLock } from '@scalr-agent/core/runtime'

import { createKubeClient } from './calls/create-kube-client.ts'
import { KubeHttp } from './calls/kube-http.ts'
import { createKubeWatches } from './calls/kube-watches.ts'
import { giveUpAfter, persist } from './calls/persist.ts'
import { checkKubernetes } from './check/check-kubernetes.ts'
import type { Cluster } from './cluster/cluster.ts'
import { connectCluster } from './cluster/connect-cluster.ts'
import type { KubeConnection, KubernetesContext } from './context.ts'
import { executorName, toKubernetesError } from './kubernetes-error.ts'
import {
  kubernetesExecutorOptionsSchema,
  type KubernetesExecutorOptions,
} from './kubernetes-executor-options.ts'
import { isAbandoned } from './launch/is-abandoned.ts'
import { discard, launchWorkload } from './launch/launch-workload.ts'
import { agentSelector, recordOf, startedPodOf } from './pod/record.ts'
import { containerStatus } from './pod/pod-facts.ts'
import { podAsEnded, readState, stateOf } from './pod/workload-state.ts'
import { KubernetesWorkload } from './workload/kubernetes-workload.ts'

const pendingPollMs = 100
/** How long a server that is away, or has too many requests, is asked again. */
const attachPatienceMs = 60_000

/**
 * Runs each workload as a Job of a Kubernetes cluster (1.20 and later).
 *
 * All that is known of a workload lies in the cluster: its kubeJob, its pod, and files in that pod. So a new agent
 * process goes on where a killed one stopped.
 *
 * @example
 * ```ts
 * new KubernetesExecutor({ cluster: { namespace: 'scalr-jobs' }, image: 'registry.example.com/runner:1' })
 * ```
 * @throws {@link ConfigurationError} for wrong options. Nothing is touched before the first call.
 */
export class KubernetesExecutor implements Executor {
  readonly name = executorName
  readonly capabilities: ExecutorCapabilities
  readonly #context: KubernetesContext
  readonly #disposal = new AbortController()
  #cluster: Promise<Cluster> | undefined
  #connection: Promise<KubeConnection> | undefined

  constructor(options: KubernetesExecutorOptions = {}) {
    const parsed = kubernetesExecutorOptionsSchema.safeParse(options)
    if (!parsed.success) {
      throw ConfigurationError.fromZod('the options of the Kubernetes executor', parsed.error)
    }
    const { clock, logger } = parsed.data
    this.#context = {
      connect: async () => await this.#connect(),
      options: parsed.data,
      clock,
      logger,
      launches: new KeyedLock(),
    }
    this.capabilities = {
      isolation: 'container',
      usesThisMachine: false,
      images: true,
      memoryLimit: true,
      cpuLimit: true,
      user: true,
      adoption: true,
      usage: true,
      caches: parsed.data.cacheVolume !== undefined,
    }
  }

  async check(options: CheckOptions = {}): Promise<readonly Finding[]> {
    options.signal?.throwIfAborted()
    const { clock, options: settings } = this.#context
    const { cacheVolume, metadata, podDisruptionBudget } = settings
    const checked = {
      metadata,
      podDisruptionBudget,
      cacheClaim: cacheVolume?.persistentVolumeClaim,
      clock,
    }
    const more = { ...options, signal: this.#signal(options) }
    return await checkKubernetes(async () => await this.#openCluster(), checked, more)
  }

  async launch(spec: WorkloadSpec, options: OperationOptions = {}): Promise<Workload> {
    await launchWorkload(this.#context, spec, { signal: this.#signal(options) })
    return this.#workload(spec.id)
  }

  async attach(id: string, options: OperationOptions = {}): Promise<Workload | undefined> {
    const signal = this.#signal(options)
    signal.throwIfAborted()
    if (!isId(id)) return undefined
    const { clock } = this.#context
    try {
      const { client } = await this.#connect()
      for (;;) {
        const state = await persist(
          clock,
          signal,
          () => readState(client, id, signal),
          giveUpAfter(clock, attachPatienceMs),
        )
        if (state.phase === 'absent') return undefined
        if (state.phase !== 'starting') return this.#workload(id)
        if (isAbandoned(state, clock)) await discard(this.#context, client, state, signal)
        else await clock.sleep(pendingPollMs, { signal })
      }
    } catch (error) {
      signal.throwIfAborted()
      throw toKubernetesError(error, { phase: 'attach', doing: `attach to workload \`${id}\`` })
    }
  }

  async *list(options: ListOptions): AsyncGenerator<WorkloadRef, void> {
    const signal = this.#signal(options)
    signal.throwIfAborted()
    const { clock } = this.#context
    try {
      const { client } = await this.#connect()
      const selector = agentSelector(options.agentId)
      const kubeJobs = await persist(clock, signal, () => client.jobs.list(selector, signal))
      const pods = await persist(clock, signal, () => client.pods.list(selector, signal))
      const byName = new Map(pods.map((pod) => [pod.metadata?.name, pod]))
      const seen = await Promise.all(
        kubeJobs.map(async (kubeJob) => {
          const pod = byName.get(startedPodOf(kubeJob)?.name)
          return { kubeJob, pod: pod && (await podAsEnded(client, kubeJob, pod, signal)) }
        }),
      )
      for (const { kubeJob, pod } of seen) {
        const record = recordOf(kubeJob)
        if (record?.agentId !== options.agentId) continue
        if (kubeJob.metadata?.deletionTimestamp !== undefined) continue
        const found = stateOf(kubeJob, pod)
        if (found === undefined) continue
        const { agentId, id, labels } = record
        if (found === 'gone') {
          yield { id, agentId, labels, state: 'ended' }
        } else if (found.phase === 'starting' && isAbandoned(found, clock)) {
          await discard(this.#context, client, found, signal)
        } else {
          const isSeen =
            pod !== undefined && containerStatus(pod, 'main')?.state?.running !== undefined
          const state = found.phase === 'running' && !isSeen ? 'starting' : found.phase
          yield { id, agentId, labels, state }
        }
      }
    } catch (error) {
      signal.throwIfAborted()
      const doing = `list the workloads of agent ${options.agentId}`
      throw toKubernetesError(error, { phase: 'list', doing })
    }
  }

  /** Ends what this process waits for. Workloads go on and can be attached to. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposal.abort(
      new IllegalStateError(
        'Cannot go on waiting for a workload: the Kubernetes executor was disposed. Attach with a new one.',
      ),
    )
    const cluster = await this.#cluster?.catch(() => undefined)
    cluster?.close()
  }

  async #connect(): Promise<KubeConnection> {
    this.#disposal.signal.throwIfAborted()
    this.#connection ??= (async (): Promise<KubeConnection> => {
      const { clock, logger } = this.#context
      const cluster = await this.#openCluster()
      // One for both: watches are the first to notice that the server is away.
      const http = new KubeHttp(cluster)
      return {
        client: createKubeClient(cluster, http),
        watches: createKubeWatches(cluster, clock, logger, http),
      }
    })()
    try {
      return await this.#connection
    } catch (error) {
      this.#connection = undefined
      throw error
    }
  }

  async #openCluster(): Promise<Cluster> {
    const { clock, options } = this.#context
    this.#cluster ??= connectCluster(options.cluster, { clock })
    try {
      return await this.#cluster
    } catch (error) {
      this.#cluster = undefined
      throw error
    }
  }

  #workload(id: string): Workload {
    return new KubernetesWorkload(this.#context, id, this.#disposal.signal)
  }

  #signal(options: OperationOptions): AbortSignal {
    this.#disposal.signal.throwIfAborted()
    return options.signal === undefined
      ? this.#disposal.signal
      : AbortSignal.any([options.signal, this.#disposal.signal])
  }
}

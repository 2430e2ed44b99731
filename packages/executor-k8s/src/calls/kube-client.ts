import type { Readable } from 'node:stream'

import type {
  CoreV1Event,
  V1Job,
  V1NetworkPolicy,
  V1Pod,
  V1PodDisruptionBudget,
} from '@kubernetes/client-node'

/** What the API server is, as far as it decides what its objects may hold. */
export interface ServerVersion {
  readonly major: number
  readonly minor: number
  /** As the server tells it, e.g. `v1.37.2`. */
  readonly text: string
}

/**
 * The calls of the Kubernetes API that this executor makes, in one namespace. Each rejects with an error that
 * `kubernetes-error.ts` can tell apart (not found, conflict, forbidden, refused, away). None retries by itself
 * but where said.
 */
export interface KubeClient {
  readonly namespace: string
  /** Asked once, then remembered. */
  serverVersion(signal: AbortSignal): Promise<ServerVersion>
  readonly jobs: KubeJobCalls
  readonly pods: PodCalls
  /** Owned by a kubeJob, so only ever made. */
  createPodDisruptionBudget(
    budget: V1PodDisruptionBudget,
    version: ServerVersion,
    signal: AbortSignal,
  ): Promise<void>
  createNetworkPolicy(policy: V1NetworkPolicy, signal: AbortSignal): Promise<void>
  /** Events about one object, oldest first. Evidence for people, never proof. */
  events(uid: string, signal: AbortSignal): Promise<readonly CoreV1Event[]>
}

export interface KubeJobCalls {
  create(kubeJob: V1Job, signal: AbortSignal): Promise<V1Job>
  /** `undefined` where there is none. */
  read(name: string, signal: AbortSignal): Promise<V1Job | undefined>
  /** Their metadata alone. */
  list(labelSelector: string, signal: AbortSignal): Promise<readonly V1Job[]>
  /**
   * JSON merge patch. With `metadata.resourceVersion` in it, only of that version (409 otherwise).
   * `undefined` where there is none.
   */
  patch(name: string, patch: object, signal: AbortSignal): Promise<V1Job | undefined>
  /** With its pods; only the one of that uid. "Already gone" is fine. */
  remove(name: string, options: RemoveOptions, signal: AbortSignal): Promise<void>
}

/** Which object to remove, and how soon. */
export interface RemoveOptions {
  readonly uid?: string | undefined
  readonly gracePeriodSeconds?: number | undefined
}

export interface PodCalls {
  read(name: string, signal: AbortSignal): Promise<V1Pod | undefined>
  list(labelSelector: string, signal: AbortSignal): Promise<readonly V1Pod[]>
  /** Only the one of that uid. "Already gone" is fine. */
  remove(name: string, options: RemoveOptions, signal: AbortSignal): Promise<void>
  exec(options: ExecOptions, signal: AbortSignal): Promise<ExecProcess>
}

/** A process to start in a container that runs. */
export interface ExecOptions {
  readonly pod: string
  readonly container: string
  readonly command: readonly [string, ...string[]]
  /** Sent in small pieces, at the speed of the reader. Its end is not told: the process must know how much comes. */
  readonly stdin?: Readable | undefined
}

/** A process that was started; what it says proves nothing but what it says in full. */
export interface ExecProcess extends AsyncDisposable {
  /**
   * Standard output, with back-pressure: what is not read is not sent. Errors when the stream is cut (`isAway`),
   * or when the server could not start the process (its own words).
   */
  readonly stdout: Readable
  /** All of standard error so far, at most 64 KiB. */
  readonly stderr: () => string
  /**
   * Exit code, or `undefined` when the server did not tell it (the stream was cut, or the process left).
   * Resolves once stdout has ended: somebody must read it, or call `stdout.resume()`.
   */
  readonly ended: Promise<number | undefined>
}

/** Something about our objects changed, or the watch was resumed: look again. */
export interface KubeWatch {
  /**
   * Resolves at the next change of a kubeJob or pod with that label selector, or after `timeoutMs`; at once
   * when there was a change since the last time. The watch runs while somebody holds it.
   */
  next(timeoutMs: number, signal: AbortSignal): Promise<void>
  /** The pods and kubeJobs by name, as last seen; `undefined` before the first list. Live, not a copy. */
  readonly pods: ReadonlyMap<string, V1Pod> | undefined
  readonly kubeJobs: ReadonlyMap<string, V1Job> | undefined
  [Symbol.dispose](): void
}

/** One list and watch for all who look at the same selector. */
export interface KubeWatches {
  watch(labelSelector: string): KubeWatch
}

import type { Clock, Logger } from '@scalr-agent/core'
import type { KeyedLock } from '@scalr-agent/core/runtime'

import type { KubeClient, KubeWatches } from './calls/kube-client.ts'
import type { ResolvedKubernetesExecutorOptions } from './kubernetes-executor-options.ts'

/** What is there once the kubeconfig was read. */
export interface KubeConnection {
  readonly client: KubeClient
  readonly watches: KubeWatches
}

/** What the parts of one executor share. */
export interface KubernetesContext {
  /** Reads the kubeconfig at the first call, and again after a failure. */
  readonly connect: () => Promise<KubeConnection>
  readonly options: ResolvedKubernetesExecutorOptions
  readonly clock: Clock
  readonly logger: Logger
  /** By workload id: this process launches an id once at a time. */
  readonly launches: KeyedLock
}

import {
  ScalrAgentError,
  systemClock,
  type CheckOptions,
  type Clock,
  type Finding,
} from '@scalr-agent/core'

import { KubeHttp } from '../calls/kube-http.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { toKubernetesError } from '../kubernetes-error.ts'
import { checkAccess, type AccessOptions } from './check-access.ts'
import { checkCacheClaim } from './check-cache-claim.ts'
import { checkNamespace } from './check-namespace.ts'
import { checkQuota } from './check-quota.ts'
import { checkServer } from './check-server.ts'
import { checkWorkloadUrl } from './check-workload-url.ts'

/** What of the executor's options the check looks at. */
export interface CheckedExecutor extends AccessOptions {
  /** Persistent volume claim of the caches, where they lie in one. */
  readonly cacheClaim?: string | undefined
  readonly clock?: Clock | undefined
}

/** Preflight. What is wrong with the cluster is a finding, not an error. */
export async function checkKubernetes(
  connect: () => Promise<Cluster>,
  executor: CheckedExecutor,
  { signal = new AbortController().signal, workloadUrl }: CheckOptions,
): Promise<readonly Finding[]> {
  signal.throwIfAborted()
  const url = workloadUrl === undefined ? [] : [checkWorkloadUrl(workloadUrl)]
  const found: Finding[] = []
  try {
    const http = new KubeHttp(await connect())
    found.push(...(await checkServer(http, executor.clock ?? systemClock, signal)))
    found.push(await checkAccess(http, executor, signal), await checkNamespace(http, signal))
    if (executor.cacheClaim !== undefined) {
      found.push(await checkCacheClaim(http, executor.cacheClaim, signal))
    }
    const quota = await checkQuota(http, signal)
    if (quota !== undefined) found.push(quota)
    found.push(checkMetadata(executor))
  } catch (error) {
    signal.throwIfAborted()
    found.push(unreachable(error))
  }
  return [...found, ...url]
}

function unreachable(error: unknown): Finding {
  const { message } = ScalrAgentError.isInstance(error)
    ? error
    : toKubernetesError(error, { phase: 'check', doing: 'check the Kubernetes cluster' })
  return {
    id: 'kubernetes.api',
    level: 'error',
    message,
    remedy:
      'Look at the kubeconfig, or name another one (`cluster.kubeconfig`, KUBECONFIG): `kubectl version` as the user of the agent must work.',
  }
}

function checkMetadata({ metadata }: CheckedExecutor): Finding {
  const id = 'kubernetes.metadata'
  if (metadata === 'allow') {
    return {
      id,
      level: 'warning',
      message:
        'Jobs can reach the metadata service of a cloud, and with it the rights of their node.',
      remedy: "Say `metadata: 'block'`, or give the nodes no rights that jobs must not have.",
    }
  }
  return {
    id,
    level: 'ok',
    message:
      'A NetworkPolicy keeps jobs from the metadata service of a cloud, if the network plug-in of the cluster enforces such policies; not all do.',
  }
}

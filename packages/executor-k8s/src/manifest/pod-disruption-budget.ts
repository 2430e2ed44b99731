import type { V1OwnerReference, V1PodDisruptionBudget } from '@kubernetes/client-node'

import type { ServerVersion } from '../calls/kube-client.ts'
import { featuresOf } from './server-features.ts'

/** What is owned by a kubeJob, and goes with it. */
export interface OwnedByKubeJob {
  /** Of the object itself. */
  readonly name: string
  readonly owner: V1OwnerReference
  /** Labels by which nothing but the pods of that kubeJob are found. */
  readonly selector: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
}

/**
 * Lets nobody evict the pod, so that a node is drained only once its jobs have ended. `minAvailable`, since
 * `maxUnavailable` is for owners that can be scaled, and a kubeJob is none.
 */
export function podDisruptionBudget(
  { labels, name, owner, selector }: OwnedByKubeJob,
  version: Pick<ServerVersion, 'major' | 'minor'>,
): V1PodDisruptionBudget {
  return {
    apiVersion: featuresOf(version).policyV1 ? 'policy/v1' : 'policy/v1beta1',
    kind: 'PodDisruptionBudget',
    metadata: { name, labels: { ...labels }, ownerReferences: [owner] },
    spec: { minAvailable: 1, selector: { matchLabels: { ...selector } } },
  }
}

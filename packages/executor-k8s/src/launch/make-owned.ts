import type { V1OwnerReference } from '@kubernetes/client-node'
import type { WorkloadSpec } from '@scalr-agent/core'

import type { KubeClient } from '../calls/kube-client.ts'
import { persist } from '../calls/persist.ts'
import type { KubernetesContext } from '../context.ts'
import { isConflict } from '../kubernetes-error.ts'
import { networkPolicy } from '../manifest/network-policy.ts'
import { podDisruptionBudget } from '../manifest/pod-disruption-budget.ts'
import { labelNames } from '../pod/record.ts'

/** What keeps the pod safe, and goes with its kubeJob. There before anything of the job runs. */
export async function makeOwned(
  context: KubernetesContext,
  {
    client,
    signal,
    spec,
  }: { readonly client: KubeClient; readonly signal: AbortSignal; readonly spec: WorkloadSpec },
  { name, uid }: { readonly name: string; readonly uid: string },
): Promise<void> {
  const { clock, options } = context
  const owner: V1OwnerReference = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    name,
    uid,
    controller: false,
  }
  const { managedBy, workload } = labelNames
  const own = {
    // Those of an earlier kubeJob of that name may still be there, and are about to go.
    name: `${name}-${uid.slice(0, 8)}`,
    owner,
    labels: { [managedBy]: 'scalr-agent', [workload]: spec.id },
    selector: { [workload]: spec.id },
  }
  const once = async (work: () => Promise<void>): Promise<void> => {
    await persist(clock, signal, async () => {
      try {
        await work()
      } catch (error) {
        // Made already, by a call whose answer got lost.
        if (!isConflict(error)) throw error
      }
    })
  }
  await Promise.all([
    options.podDisruptionBudget
      ? once(async () => {
          const version = await client.serverVersion(signal)
          await client.createPodDisruptionBudget(podDisruptionBudget(own, version), version, signal)
        })
      : undefined,
    options.metadata === 'block'
      ? once(async () => await client.createNetworkPolicy(networkPolicy(own), signal))
      : undefined,
  ])
}

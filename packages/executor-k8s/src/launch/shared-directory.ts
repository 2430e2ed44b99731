import type { V1Job } from '@kubernetes/client-node'
import type { WorkloadSpec } from '@scalr-agent/core'
import { launcherLife } from '@scalr-agent/core/container'

import type { KubeClient } from '../calls/kube-client.ts'
import { persist } from '../calls/persist.ts'
import type { KubernetesContext } from '../context.ts'
import { kubernetesError } from '../kubernetes-error.ts'
import { labelDigest, labelNames, recordOf, startedPodOf } from '../pod/record.ts'
import { podAsEnded, stateOf } from '../pod/workload-state.ts'

/**
 * Two live workloads never share a job directory. Called when our own kubeJob is there, so that of two
 * launches at once each sees the other, and the later one gives way.
 * @throws `REJECTED`
 */
export async function refuseSharedDirectory(
  { clock }: KubernetesContext,
  client: KubeClient,
  spec: WorkloadSpec,
  own: V1Job,
  signal: AbortSignal,
): Promise<void> {
  const selector = `${labelNames.directory}=${labelDigest(spec.directory)}`
  const all = await persist(clock, signal, () => client.jobs.list(selector, signal))
  for (const other of all) {
    if (
      other.metadata?.uid === own.metadata?.uid ||
      other.metadata?.deletionTimestamp !== undefined
    ) {
      continue
    }
    const started = startedPodOf(other)
    const found =
      started === undefined
        ? undefined
        : await persist(clock, signal, () => client.pods.read(started.name, signal))
    const pod = found === undefined ? undefined : await podAsEnded(client, other, found, signal)
    const state = stateOf(other, pod)
    if (state === undefined || state === 'gone' || state.phase === 'ended') continue
    if (state.phase === 'starting') {
      if (launcherLife(state.record.launcher) === 'dead' || !isBefore(other, own)) continue
    }
    throw kubernetesError(
      'REJECTED',
      'launch',
      `Cannot launch workload \`${spec.id}\`: workload \`${recordOf(other)?.id}\` still runs in its job directory \`${spec.directory}\`. Wait for its end, or destroy it.`,
    )
  }
}

function isBefore(one: V1Job, other: V1Job): boolean {
  const [a, b] = [one, other].map(({ metadata }) =>
    new Date(metadata?.creationTimestamp ?? 0).getTime(),
  )
  if (a !== b) return (a ?? 0) < (b ?? 0)
  return (one.metadata?.uid ?? '') < (other.metadata?.uid ?? '')
}

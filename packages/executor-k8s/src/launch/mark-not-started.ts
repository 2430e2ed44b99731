import type { Clock, NotStartedOutcome } from '@scalr-agent/core'

import type { KubeClient } from '../calls/kube-client.ts'
import { persist } from '../calls/persist.ts'
import { isConflict } from '../kubernetes-error.ts'
import { annotationNames, startedPodOf } from '../pod/record.ts'

/**
 * Decides that no pod of a kubeJob will start its main process, and ends those that are there. The same version
 * of the object cannot be told both this and which pod to start, so of two processes one decides.
 *
 * @returns `false` when a pod was chosen already, or the kubeJob is not there
 */
export async function markNotStarted(
  client: KubeClient,
  kubeJob: { readonly name: string; readonly uid: string },
  outcome: NotStartedOutcome,
  options: {
    /** A pod was chosen, and is known to never start. */
    readonly isRefused?: boolean
    readonly clock: Clock
    readonly signal: AbortSignal
  },
): Promise<boolean> {
  const { clock, isRefused = false, signal } = options
  return await persist(clock, signal, async () => {
    for (;;) {
      const now = await client.jobs.read(kubeJob.name, signal)
      if (now === undefined || now.metadata?.uid !== kubeJob.uid) return false
      if (!isRefused && startedPodOf(now) !== undefined) return false
      try {
        await client.jobs.patch(
          kubeJob.name,
          {
            metadata: {
              resourceVersion: now.metadata.resourceVersion,
              annotations: { [annotationNames.notStarted]: JSON.stringify(outcome) },
            },
            spec: { parallelism: 0 },
          },
          signal,
        )
        return true
      } catch (error) {
        if (!isConflict(error)) throw error
      }
    }
  })
}

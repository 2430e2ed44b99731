import type { KubeClient, KubeWatch } from '../calls/kube-client.ts'
import type { KubernetesContext } from '../context.ts'
import { persist } from '../calls/persist.ts'
import { workloadSelector } from '../pod/record.ts'

/**
 * How long a pod may take to go before its object is removed by force: its node is gone then. Never sooner, since
 * what its node still runs would run on for as long as the pod's own grace period.
 */
const politeMs = 120_000
const pollMs = 250

/**
 * Removes the kubeJob of a workload and its pods, and resolves when they are gone. "Already gone" is fine. What
 * runs is ended within a second.
 *
 * @param uid of the kubeJob, so that another one of that name is left alone
 */
export async function removeWorkload(
  context: KubernetesContext,
  client: KubeClient,
  which: { readonly id: string; readonly name: string; readonly uid: string },
  options: { readonly signal: AbortSignal; readonly watch?: KubeWatch | undefined },
): Promise<void> {
  const { clock } = context
  const { signal, watch } = options
  const ask = async <T>(work: () => Promise<T>): Promise<T> => await persist(clock, signal, work)
  // The kubeJob first, else it would replace the pod.
  await ask(async () => await client.jobs.remove(which.name, { uid: which.uid }, signal))
  const startedMs = clock.monotonicMs()
  for (;;) {
    const pods = (
      await ask(async () => await client.pods.list(workloadSelector(which.id), signal))
    ).filter(
      ({ metadata }) => metadata?.ownerReferences?.some(({ uid }) => uid === which.uid) === true,
    )
    if (pods.length === 0) break
    const isLate = clock.monotonicMs() - startedMs > politeMs
    for (const { metadata } of pods) {
      const gracePeriodSeconds = isLate ? 0 : 1
      const uid = metadata?.uid
      // Once is enough.
      if (metadata?.deletionGracePeriodSeconds === gracePeriodSeconds) continue
      await ask(
        async () =>
          await client.pods.remove(metadata?.name ?? '', { uid, gracePeriodSeconds }, signal),
      )
    }
    if (watch === undefined) await clock.sleep(pollMs, { signal })
    else await watch.next(pollMs, signal)
  }
  while (
    (await ask(async () => await client.jobs.read(which.name, signal)))?.metadata?.uid === which.uid
  ) {
    await clock.sleep(pollMs, { signal })
  }
}

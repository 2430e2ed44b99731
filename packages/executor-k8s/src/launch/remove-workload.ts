import type { V1Pod } from '@kubernetes/client-node'

import type { KubeClient, KubeWatch } from '../calls/kube-client.ts'
import { persist } from '../calls/persist.ts'
import type { KubernetesContext } from '../context.ts'
import { containerNames } from '../manifest/own-names.ts'
import { isRunning } from '../pod/pod-facts.ts'
import { workloadSelector } from '../pod/record.ts'
import { killCommand, releaseCommand } from '../pod/scripts.ts'

/**
 * How long a pod may take to go before its object is removed by force: its node is gone then. Never sooner, since
 * what its node still runs would run on for as long as the pod's own grace period.
 */
const politeMs = 120_000
/** Most time for the words to a pod that it may end; without them the kubelet ends it. */
const tellLimitMs = 5000
const pollMs = 250
const watchedPollMs = 2000

/**
 * Removes the kubeJob of a workload and its pods, and resolves when they are gone. "Already gone" is fine. What
 * runs is ended.
 *
 * @param which its kubeJob, by uid, so that another one of that name is left alone
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
  const podsOf = async (): Promise<readonly V1Pod[]> => {
    const pods = await ask(async () => await client.pods.list(workloadSelector(which.id), signal))
    return pods.filter(
      ({ metadata }) => metadata?.ownerReferences?.some(({ uid }) => uid === which.uid) === true,
    )
  }
  const end = async ({ metadata }: V1Pod, gracePeriodSeconds: 0 | 1): Promise<void> => {
    const removal = { uid: metadata?.uid, gracePeriodSeconds }
    await ask(async () => await client.pods.remove(metadata?.name ?? '', removal, signal))
  }
  /** With many that go at once, each change of one would have all of them ask: the watch is asked meanwhile. */
  const untilSeenGone = async (pods: readonly V1Pod[]): Promise<void> => {
    if (watch === undefined) {
      await clock.sleep(pollMs, { signal })
      return
    }
    const endMs = clock.monotonicMs() + watchedPollMs
    do {
      await watch.next(pollMs, signal)
    } while (
      clock.monotonicMs() < endMs &&
      pods.some(({ metadata }) => watch.pods?.has(metadata?.name ?? ''))
    )
  }
  // The pods first: with their kubeJob they would be given all of their grace period, and a kubelet that has
  // begun to wait for that does not stop.
  const first = await podsOf()
  await Promise.all(
    first.map(async (pod) => {
      await letGo(context, client, pod, signal)
      await end(pod, 1)
    }),
  )
  await ask(async () => await client.jobs.remove(which.name, { uid: which.uid }, signal))
  const startedMs = clock.monotonicMs()
  const told = new Set(first.map(({ metadata }) => metadata?.uid))
  for (;;) {
    const pods = await podsOf()
    if (pods.length === 0) break
    const isLate = clock.monotonicMs() - startedMs > politeMs
    for (const pod of pods) {
      if (isLate) await end(pod, 0)
      else if (!told.has(pod.metadata?.uid)) await end(pod, 1)
      told.add(pod.metadata?.uid)
    }
    await untilSeenGone(pods)
  }
  while (
    (await ask(async () => await client.jobs.read(which.name, signal)))?.metadata?.uid === which.uid
  ) {
    await clock.sleep(pollMs, { signal })
  }
}

/** Kills what runs in main, and tells the companion that nobody needs it any more. */
async function letGo(
  context: KubernetesContext,
  client: KubeClient,
  pod: V1Pod,
  signal: AbortSignal,
): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(tellLimitMs)])
  const tell = async (
    name: keyof typeof containerNames,
    command: readonly [string, ...string[]],
  ): Promise<void> => {
    if (!isRunning(pod, name)) return
    const target = { pod: pod.metadata?.name ?? '', container: containerNames[name], command }
    await using process = await client.pods.exec(target, limit)
    process.stdout.resume()
    await process.ended
  }
  const all = [tell('main', killCommand), tell('keeper', releaseCommand)]
  for (const { reason, status } of (await Promise.allSettled(all)).filter(isRejected)) {
    signal.throwIfAborted()
    context.logger.debug({ err: reason, status }, 'A pod could not be told that it may end')
  }
}

function isRejected(result: PromiseSettledResult<void>): result is PromiseRejectedResult {
  return result.status === 'rejected'
}

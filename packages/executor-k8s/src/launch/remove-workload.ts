import type { V1Pod } from '@kubernetes/client-node'

import type { KubeClient, KubeWatch } from '../calls/kube-client.ts'
import { persist } from '../calls/persist.ts'
import type { KubernetesContext } from '../context.ts'
import { containerNames } from '../manifest/own-names.ts'
import { containerStatus, isRunning } from '../pod/pod-facts.ts'
import { workloadSelector } from '../pod/record.ts'
import { killCommand, releaseCommand } from '../pod/start-commands.ts'

/**
 * How long a pod may take to go before its object is removed by force: its node is gone then. Never sooner, since
 * what its node still runs would run on for as long as the pod's own grace period.
 */
const politeMs = 120_000
/** Most time for the words to a pod that it may end; without them the kubelet ends it. */
const tellLimitMs = 5000
const pollMs = 250
const watchedPollMs = 2000
/** How long a pod may take to end by itself when it was asked to. */
const leaveMs = 5000

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
  const untilSeen = async (pods: readonly V1Pod[], limitMs: number): Promise<void> => {
    const endMs = clock.monotonicMs() + limitMs
    do {
      if (watch === undefined) return await clock.sleep(pollMs, { signal })
      await watch.next(pollMs, signal)
    } while (
      clock.monotonicMs() < endMs &&
      pods.some(({ metadata }) => {
        const seen = watch.pods?.get(metadata?.name ?? '')
        return seen !== undefined && !hasEnded(seen)
      })
    )
  }
  let pods = await podsOf()
  const leaving = pods.filter((pod) => isRunning(pod, 'main') || isRunning(pod, 'keeper'))
  await Promise.all(leaving.map(async (pod) => await letGo(context, client, pod, signal)))
  const startedMs = clock.monotonicMs()
  while (pods.some((pod) => isLeaving(pod, leaving)) && clock.monotonicMs() - startedMs < leaveMs) {
    await untilSeen(leaving, leaveMs)
    pods = await podsOf()
  }
  // A pod that goes before its kubeJob may be replaced. But one that still runs would be given all of its grace period
  // with it, and a kubelet that has begun to wait for that does not stop.
  const told = new Set<string | undefined>()
  for (const pod of pods.filter((each) => !hasEnded(each))) {
    await end(pod, 1)
    told.add(pod.metadata?.uid)
  }
  await ask(async () => await client.jobs.remove(which.name, { uid: which.uid }, signal))
  for (;;) {
    pods = await podsOf()
    if (pods.length === 0) break
    const isLate = clock.monotonicMs() - startedMs > politeMs
    for (const pod of pods) {
      // Old kubelets keep the object for ten seconds and more when nothing of the pod runs any longer.
      if (isLate || hasEnded(pod)) await end(pod, 0)
      else if (!told.has(pod.metadata?.uid)) await end(pod, 1)
      told.add(pod.metadata?.uid)
    }
    await untilSeen(pods, watchedPollMs)
  }
  while (
    (await ask(async () => await client.jobs.read(which.name, signal)))?.metadata?.uid === which.uid
  ) {
    await clock.sleep(pollMs, { signal })
  }
}

/** Whether it was asked to end, and has not yet. */
function isLeaving(pod: V1Pod, asked: readonly V1Pod[]): boolean {
  return !hasEnded(pod) && asked.some(({ metadata }) => metadata?.uid === pod.metadata?.uid)
}

/** Whether its kubelet says that nothing of it runs. */
function hasEnded(pod: V1Pod): boolean {
  const names = ['main', 'keeper'] as const
  return names.every((name) => containerStatus(pod, name)?.state?.terminated !== undefined)
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

import type { V1Job, V1Pod } from '@kubernetes/client-node'
import type { NotStartedOutcome, WorkloadSpec } from '@scalr-agent/core'

import type { KubeClient, KubeWatch } from '../calls/kube-client.ts'
import { persist } from '../calls/persist.ts'
import type { KubernetesContext } from '../context.ts'
import { isOver, isRunning } from '../pod/pod-facts.ts'
import { labelNames, workloadSelector } from '../pod/record.ts'
import { evidenceOf } from '../pod/workload-state.ts'
import { creationProblem, startProblem, type StartProblem } from './start-problem.ts'

/** How long a kubeJob may have no pod before its events are asked why, and how often then. */
const podlessMs = 1500
const pollMs = 1000
/** How long the watch is trusted that there is no companion yet, before the server is asked itself. */
const beltMs = 5000

/** The pod whose companion runs, or why there will be none. */
export type Companion =
  | { readonly kind: 'running'; readonly pod: V1Pod }
  | { readonly kind: 'not-started'; readonly outcome: NotStartedOutcome }
  /** The kubeJob is not there any more. */
  | { readonly kind: 'gone' }

/**
 * Waits until the companion of some pod of the kubeJob runs. Pods that end before are replaced by the kubeJob; what
 * is no use to wait for ends the wait.
 */
export async function awaitCompanion(
  context: KubernetesContext,
  client: KubeClient,
  options: {
    readonly spec: WorkloadSpec
    readonly kubeJob: { readonly name: string; readonly uid: string }
    readonly watch: KubeWatch
    /** By the monotonic clock. */
    readonly deadlineMs: number
    readonly signal: AbortSignal
  },
): Promise<Companion> {
  const { clock, options: settings } = context
  const { deadlineMs, kubeJob, signal, spec, watch } = options
  const startedMs = clock.monotonicMs()
  let last: StartProblem | undefined
  let unschedulableMs: number | undefined
  let lookedMs = startedMs
  let askedMs = startedMs
  let lastPod: V1Pod | undefined
  // Asked for now and then; it holds until the next time.
  let podless: StartProblem | undefined
  for (;;) {
    const nowMs = clock.monotonicMs()
    let seen = watch.pods?.values()
    if (nowMs - askedMs > beltMs) {
      askedMs = nowMs
      const listed = await persist(clock, signal, () =>
        client.pods.list(workloadSelector(spec.id), signal),
      )
      seen = listed.values()
    }
    const pods = podsOf(seen, spec.id, kubeJob.uid)
    const pod = pods.findLast((each) => !isOver(each) && !isGoing(each)) ?? pods.at(-1)
    if (pod !== undefined && isRunning(pod, 'keeper') && !isGoing(pod))
      return { kind: 'running', pod }
    lastPod = pod ?? lastPod
    for (const each of pods) await hurry(context, client, each, signal)
    let problem = pod === undefined ? podless : startProblem(pod)
    const known = watch.kubeJobs?.get(kubeJob.name)
    if ((pod === undefined || isOver(pod)) && nowMs - lookedMs > podlessMs) {
      lookedMs = nowMs
      const now = await persist(clock, signal, () => client.jobs.read(kubeJob.name, signal))
      if (now?.metadata?.uid !== kubeJob.uid || isGoing(now)) return { kind: 'gone' }
      podless = await problemOfJob(client, now, signal)
      problem = podless ?? problem
    } else if (known !== undefined && hasFailed(known)) {
      problem = creationProblem(known, []) ?? problem
    }
    last = problem ?? last
    unschedulableMs = problem?.cause === 'unschedulable' ? (unschedulableMs ?? nowMs) : undefined
    const isUnschedulable =
      unschedulableMs !== undefined && nowMs - unschedulableMs >= settings.schedulingTimeoutMs
    if (problem?.isFinal === true || isUnschedulable || nowMs >= deadlineMs) {
      const outcome = await outcomeOf(client, problem ?? last, { lastPod, spec, signal })
      return { kind: 'not-started', outcome }
    }
    await watch.next(Math.max(Math.min(pollMs, deadlineMs - nowMs), 10), signal)
  }
}

/**
 * Somebody took a pod away in which nothing ever ran. Its containers may have been asked to end before they could
 * listen, and its grace period is long: it goes now, so that the kubeJob makes another one.
 */
async function hurry(
  { clock }: KubernetesContext,
  client: KubeClient,
  pod: V1Pod,
  signal: AbortSignal,
): Promise<void> {
  const { deletionGracePeriodSeconds, name = '', uid } = pod.metadata ?? {}
  if (!isGoing(pod) || (deletionGracePeriodSeconds ?? 0) <= 1) return
  await persist(clock, signal, () =>
    client.pods.remove(name, { uid, gracePeriodSeconds: 1 }, signal),
  )
}

/** Pods of that kubeJob, oldest first. */
export function podsOf(
  pods: Iterable<V1Pod> | undefined,
  id: string,
  uid: string,
): readonly V1Pod[] {
  return [...(pods ?? [])]
    .filter(
      ({ metadata }) =>
        metadata?.labels?.[labelNames.workload] === id &&
        metadata.ownerReferences?.some((owner) => owner.uid === uid) === true,
    )
    .toSorted((a, b) => createdMs(a) - createdMs(b))
}

function createdMs({ metadata }: V1Pod): number {
  return new Date(metadata?.creationTimestamp ?? 0).getTime()
}

function isGoing({ metadata }: V1Pod | V1Job): boolean {
  return metadata?.deletionTimestamp !== undefined
}

function hasFailed(kubeJob: V1Job): boolean {
  return creationProblem(kubeJob, []) !== undefined
}

async function problemOfJob(
  client: KubeClient,
  kubeJob: V1Job,
  signal: AbortSignal,
): Promise<StartProblem | undefined> {
  try {
    return creationProblem(kubeJob, await client.events(kubeJob.metadata?.uid ?? '', signal))
  } catch {
    // Without the right to read events there is less to tell.
    signal.throwIfAborted()
    return creationProblem(kubeJob, [])
  }
}

async function outcomeOf(
  client: KubeClient,
  problem: StartProblem | undefined,
  also: {
    readonly lastPod: V1Pod | undefined
    readonly spec: WorkloadSpec
    readonly signal: AbortSignal
  },
): Promise<NotStartedOutcome> {
  const uid = also.lastPod?.metadata?.uid
  const events = uid === undefined ? '' : await evidenceOf(client, uid, also.signal)
  const what =
    problem?.evidence ??
    `Its pod did not start within ${also.spec.startTimeoutMs} ms (startTimeoutMs)`
  return {
    kind: 'not-started',
    cause: problem?.cause ?? 'start-timeout',
    evidence: [what, events === '' || what.includes(events) ? '' : `events: ${events}`]
      .filter((part) => part !== '')
      .join('; '),
  }
}

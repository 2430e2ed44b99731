import type { V1Job, V1Pod } from '@kubernetes/client-node'
import type { NotStartedOutcome, ScalrAgentError, WorkloadSpec } from '@scalr-agent/core'

import { execText } from '../calls/exec-text.ts'
import type { KubeClient, KubeWatch } from '../calls/kube-client.ts'
import { persist } from '../calls/persist.ts'
import type { KubernetesContext } from '../context.ts'
import { isConflict, kubernetesError } from '../kubernetes-error.ts'
import { containerNames } from '../manifest/own-names.ts'
import { containerStatus, isOver } from '../pod/pod-facts.ts'
import { annotationNames, notStartedOf, workloadSelector } from '../pod/record.ts'
import { refuseCommand } from '../pod/start-commands.ts'
import { podsOf } from './await-companion.ts'
import { layFiles, type CountedArchive, type Laid } from './lay-files.ts'
import { markNotStarted } from './mark-not-started.ts'
import { startProblem } from './start-problem.ts'

/** How long the companion is asked whether main was started, when the connection broke off. */
const askLimitMs = 20_000

/** Nobody knows whether the main process runs: it must not be taken away, so that it is not started again. */
export class MayRunError extends Error {
  override readonly name = 'MayRunError'
  override readonly cause: Error

  constructor(cause: Error) {
    super(cause.message)
    this.cause = cause
  }
}

interface Start {
  readonly client: KubeClient
  readonly watch: KubeWatch
  readonly spec: WorkloadSpec
  readonly name: string
  readonly uid: string
  readonly pod: V1Pod
  readonly archive: CountedArchive
  /** By the monotonic clock. */
  readonly deadlineMs: number
  readonly signal: AbortSignal
}

/**
 * Starts the main process in that pod: from the moment that the kubeJob names the pod, no other may ever start it.
 * \`true\` when the workload is there, whatever became of it.
 */
export async function startMain(context: KubernetesContext, start: Start): Promise<boolean> {
  if (!(await choosePod(context, start))) return false
  let failure: unknown
  try {
    const laid = await layOrFail(context, start)
    if ('said' in laid && laid.said === 'started') return true
    failure = 'said' in laid ? undefined : laid.failed
  } catch (error) {
    failure = error
  }
  // Main may run, whatever we were told. Only its own side knows.
  const verdict = await refuse(context, start)
  if (verdict === 'started') {
    start.signal.throwIfAborted()
    return true
  }
  start.signal.throwIfAborted()
  if (verdict === 'unknown') {
    throw new MayRunError(failure instanceof Error ? failure : unreachable(start.spec))
  }
  if (failure instanceof Error) throw failure
  return await markNotStarted(start.client, start, notStarted(start.spec, failure), {
    isRefused: true,
    clock: context.clock,
    signal: start.signal,
  })
}

/** Names the pod in its kubeJob, and ends all replacing. `false` when somebody decided otherwise. */
async function choosePod(
  { clock }: KubernetesContext,
  { client, name, pod, signal, spec, uid, watch }: Start,
): Promise<boolean> {
  return await persist(clock, signal, async () => {
    for (;;) {
      const now = await client.jobs.read(name, signal)
      if (now?.metadata?.uid !== uid || now.metadata.deletionTimestamp !== undefined) return false
      if (notStartedOf(now) !== undefined) return false
      const chosen = now.metadata.annotations?.[annotationNames.startedUid]
      // An answer that got lost.
      if (chosen !== undefined) return chosen === pod.metadata?.uid
      const seen = podsOf(watch.pods?.values(), spec.id, uid)
      const isAlone = seen.length === 1 && seen[0]?.metadata?.uid === pod.metadata?.uid
      // Of several, what is asked for after the kubeJob: what was counted in between makes the patch a conflict.
      const pods =
        isAlone && hasNoFailures(now)
          ? seen
          : podsOf(await client.pods.list(workloadSelector(spec.id), signal), spec.id, uid)
      try {
        await client.jobs.patch(
          name,
          {
            metadata: {
              resourceVersion: now.metadata.resourceVersion,
              annotations: {
                [annotationNames.startedUid]: pod.metadata?.uid,
                [annotationNames.startedName]: pod.metadata?.name,
              },
            },
            // Not 0: with pods that failed before this one, it would end at once, and take this one away.
            spec: { backoffLimit: failuresOf(now, pods) },
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

function hasNoFailures({ status }: V1Job): boolean {
  return (status?.failed ?? 0) === 0 && (status?.uncountedTerminatedPods?.failed ?? []).length === 0
}

/** Until it is counted, a failed pod keeps this. */
const countingFinalizer = 'batch.kubernetes.io/job-tracking'

/** How many pods of a kubeJob have failed, or are going, before the one that was chosen. */
export function failuresOf({ status }: V1Job, pods: readonly V1Pod[]): number {
  const uncounted = new Set(status?.uncountedTerminatedPods?.failed)
  for (const pod of pods) {
    const { metadata } = pod
    if (metadata?.deletionTimestamp === undefined && !isOver(pod)) continue
    if (metadata?.finalizers?.includes(countingFinalizer)) uncounted.add(metadata.uid ?? '')
  }
  return (status?.failed ?? 0) + uncounted.size
}

/** Lays the files in, while the cluster is watched: what cannot start is not waited for. */
async function layOrFail(context: KubernetesContext, start: Start): Promise<Laid> {
  const { archive, client, deadlineMs, pod, signal, spec, watch } = start
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  const laying = layFiles(context, client, {
    spec,
    pod: pod.metadata?.name ?? '',
    archive,
    waitMs: deadlineMs - context.clock.monotonicMs(),
    signal: either,
  })
  const name = pod.metadata?.name ?? ''
  const watching = (async (): Promise<Laid> => {
    for (;;) {
      // A watch that lags does not know it yet.
      const now =
        watch.pods?.get(name) ??
        (await persist(context.clock, either, () => client.pods.read(name, either)))
      if (now === undefined || now.metadata?.uid !== pod.metadata?.uid) {
        return { failed: 'its pod was removed' }
      }
      const ended = containerStatus(now, 'main')?.state?.terminated !== undefined || isOver(now)
      const problem = startProblem(now)
      if (ended || problem?.isFinal === true) return { failed: problem?.evidence ?? '' }
      if (context.clock.monotonicMs() >= deadlineMs) return { said: 'late' }
      await watch.next(1000, either)
    }
  })()
  laying.catch(() => {})
  watching.catch(() => {})
  try {
    const first = await Promise.race([laying, watching])
    // A job that was quick: what was said of its start may still be on its way.
    if ('failed' in first && first.failed === '')
      return await Promise.race([laying, pause(context)])
    return first
  } finally {
    over.abort(new Error('over'))
  }
}

async function pause(context: KubernetesContext): Promise<Laid> {
  await context.clock.sleep(1000)
  return { failed: 'its container ended' }
}

/** Decides on main's own side that it does not start, unless it did. */
async function refuse(
  context: KubernetesContext,
  { client, pod, name: kubeJob, uid }: Start,
): Promise<'started' | 'refused' | 'unknown'> {
  const limit = AbortSignal.timeout(askLimitMs)
  try {
    return await persist(context.clock, limit, async () => {
      const now = await client.pods.read(pod.metadata?.name ?? '', limit)
      // It had no chance to start, or nobody can tell any more: the state of the workload says which.
      if (now === undefined || now.metadata?.uid !== pod.metadata?.uid) return 'started'
      if (containerStatus(now, 'main')?.state?.terminated?.reason === 'StartError') return 'refused'
      if (isOver(now)) return 'started'
      const name = pod.metadata?.name ?? ''
      const target = { pod: name, container: containerNames.keeper, command: refuseCommand }
      const said = await execText(client, target, { signal: limit })
      const [, word] = /^(started|refused)\n/u.exec(said) ?? []
      if (word === 'started' || word === 'refused') return word
      throw kubernetesError(
        'UNAVAILABLE',
        'launch',
        `Cannot ask the companion of ${kubeJob} (${uid}).`,
      )
    })
  } catch (error) {
    context.logger.warn({ err: error }, 'Cannot find out whether a workload was started')
    return 'unknown'
  }
}

function notStarted(spec: WorkloadSpec, failure: unknown): NotStartedOutcome {
  const said = typeof failure === 'string' ? failure : ''
  if (/no tar|tar: .*not found/u.test(said)) {
    return {
      kind: 'not-started',
      cause: 'rejected',
      evidence: 'Its image has no `tar`, which jobs need beside /bin/sh.',
    }
  }
  return {
    kind: 'not-started',
    cause: said === '' ? 'start-timeout' : 'rejected',
    evidence:
      said === ''
        ? `Its container did not start within ${spec.startTimeoutMs} ms (startTimeoutMs).`
        : `Its files could not be laid in: ${said.replaceAll(/\s+/gu, ' ').replace(/\.$/u, '')}.`,
  }
}

function unreachable(spec: WorkloadSpec): ScalrAgentError {
  return kubernetesError(
    'UNAVAILABLE',
    'launch',
    `Cannot launch workload \`${spec.id}\`: its pod cannot be reached. Launch it again to find out what became of it.`,
  )
}

import type { V1Job, V1Pod } from '@kubernetes/client-node'
import type { Outcome } from '@scalr-agent/core'

import type { KubeClient } from '../calls/kube-client.ts'
import { withExitRecord } from './going-pod.ts'
import { goneOutcome, podEnd } from './pod-outcome.ts'
import { sentence } from './pod-facts.ts'
import {
  annotationNames,
  notStartedOf,
  recordOf,
  startedPodOf,
  workloadSelector,
  type WorkloadRecord,
} from './record.ts'

interface Known {
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
  readonly record: WorkloadRecord
}

/** What the cluster knows of a workload now. */
export type WorkloadState =
  | { readonly phase: 'absent' }
  | (Known & { readonly phase: 'starting'; readonly createdAt: Date })
  | (Known & { readonly phase: 'running'; readonly pod: V1Pod })
  | (Known & {
      readonly phase: 'ended'
      readonly outcome: Outcome
      /** By the exit record; absent without one. */
      readonly outputBytes: number | undefined
      /** While it is there, it can be read. */
      readonly pod: V1Pod | undefined
      readonly wasStarted: boolean
    })

/**
 * Reads the state of the workload of that id. Keeps nothing: any process sees the same.
 *
 * @param name of its kubeJob, where it is known: a server looks at all of a namespace for a label
 */
export async function readState(
  client: KubeClient,
  id: string,
  signal: AbortSignal,
  name?: string,
): Promise<WorkloadState> {
  const kubeJobs =
    name === undefined
      ? await client.jobs.list(workloadSelector(id), signal)
      : [await client.jobs.read(name, signal)]
  const kubeJob = kubeJobs.find(
    (each) => each !== undefined && isThere(each) && recordOf(each)?.id === id,
  )
  if (kubeJob === undefined) return { phase: 'absent' }
  const started = startedPodOf(kubeJob)
  const found = started === undefined ? undefined : await client.pods.read(started.name, signal)
  const pod = found === undefined ? undefined : await podAsEnded(client, kubeJob, found, signal)
  const state = stateOf(kubeJob, pod)
  if (state === undefined) return { phase: 'absent' }
  if (state !== 'gone') return state
  // The kubeJob may have been removed, with its pod, between the two looks.
  const now = await client.jobs.read(kubeJob.metadata?.name ?? '', signal)
  if (now === undefined || now.metadata?.uid !== kubeJob.metadata?.uid || !isThere(now)) {
    return { phase: 'absent' }
  }
  return await goneState(client, now, signal)
}

/** The pod of a kubeJob, with the end of main where its companion alone tells it. */
export async function podAsEnded(
  client: KubeClient,
  kubeJob: V1Job,
  pod: V1Pod,
  signal: AbortSignal,
): Promise<V1Pod> {
  const record = recordOf(kubeJob)
  return record === undefined ? pod : await withExitRecord(client, pod, record, signal)
}

/** The same from what a watch has seen; \`undefined\` for a stranger's. \`gone\`: its pod is not there. */
export function stateOf(
  kubeJob: V1Job,
  pod: V1Pod | undefined,
): Exclude<WorkloadState, { phase: 'absent' }> | 'gone' | undefined {
  const record = recordOf(kubeJob)
  if (record === undefined) return undefined
  const known = knownOf(kubeJob, record)
  const refused = notStartedOf(kubeJob)
  if (refused !== undefined) {
    return {
      ...known,
      phase: 'ended',
      outcome: refused,
      outputBytes: 0,
      pod: undefined,
      wasStarted: false,
    }
  }
  const started = startedPodOf(kubeJob)
  if (started === undefined) {
    const createdAt = new Date(kubeJob.metadata?.creationTimestamp ?? 0)
    return { ...known, phase: 'starting', createdAt }
  }
  if (pod === undefined || pod.metadata?.uid !== started.uid) return 'gone'
  const end = podEnd(pod, record, isKilled(kubeJob))
  if (end === undefined) return { ...known, phase: 'running', pod }
  const wasStarted = end.outcome.kind !== 'not-started'
  return { ...known, phase: 'ended', ...end, pod, wasStarted }
}

async function goneState(
  client: KubeClient,
  kubeJob: V1Job,
  signal: AbortSignal,
): Promise<WorkloadState> {
  const record = recordOf(kubeJob)
  const started = startedPodOf(kubeJob)
  if (record === undefined || started === undefined) return { phase: 'absent' }
  const evidence = await evidenceOf(client, started.uid, signal)
  return {
    ...knownOf(kubeJob, record),
    phase: 'ended',
    outcome: goneOutcome(isKilled(kubeJob), evidence),
    outputBytes: undefined,
    pod: undefined,
    wasStarted: true,
  }
}

/** The last events that are no good news. For people; without the right to read them there are none. */
export async function evidenceOf(
  client: KubeClient,
  uid: string,
  signal: AbortSignal,
): Promise<string> {
  try {
    const events = await client.events(uid, signal)
    return events
      .filter(
        ({ reason, type }) => type === 'Warning' || /Evict|Preempt|Taint|Kill/iu.test(reason ?? ''),
      )
      .slice(-3)
      .map(({ message, reason }) => sentence([reason, message]))
      .join('; ')
  } catch {
    signal.throwIfAborted()
    return ''
  }
}

function knownOf(kubeJob: V1Job, record: WorkloadRecord): Known {
  const { name = '', resourceVersion = '', uid = '' } = kubeJob.metadata ?? {}
  return { name, uid, resourceVersion, record }
}

function isThere(kubeJob: V1Job): boolean {
  return kubeJob.metadata?.deletionTimestamp === undefined
}

function isKilled(kubeJob: V1Job): boolean {
  return kubeJob.metadata?.annotations?.[annotationNames.killed] !== undefined
}

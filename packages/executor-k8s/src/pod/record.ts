import { createHash } from 'node:crypto'

import type { V1Job } from '@kubernetes/client-node'
import { isReservedKey, ownPrefix } from '../manifest/own-names.ts'
import type { NotStartedOutcome, WorkloadSpec } from '@scalr-agent/core'
import { z } from 'zod'

/** Labels by which objects are found. Values of labels are short and plain, so ids of agents are digests. */
export const labelNames = {
  managedBy: 'app.kubernetes.io/managed-by',
  component: 'app.kubernetes.io/component',
  workload: `${ownPrefix}workload`,
  agent: `${ownPrefix}agent`,
  directory: `${ownPrefix}directory`,
} as const

/** Annotations of a kubeJob. */
export const annotationNames = {
  /** What a later agent process must know of the spec; never a secret. */
  record: `${ownPrefix}record`,
  /** The spec's own labels, which need not be such that Kubernetes would take them. */
  labels: `${ownPrefix}labels`,
  /** Uid and name of the pod that may start the main process, and no other ever. */
  startedUid: `${ownPrefix}started-pod-uid`,
  startedName: `${ownPrefix}started-pod-name`,
  /** An outcome: no pod of this kubeJob will ever start its main process. */
  notStarted: `${ownPrefix}not-started`,
  /** SIGKILL is on its way by our will. */
  killed: `${ownPrefix}killed`,
} as const

const recordSchema = z.object({
  version: z.literal(1),
  id: z.string(),
  agentId: z.string(),
  directory: z.string(),
  launcher: z.string(),
  sealDigest: z.string(),
  memoryBytes: z.number().optional(),
  deadlineMs: z.number().optional(),
  startTimeoutMs: z.number(),
  outputLimitBytes: z.number(),
})

/** What a kubeJob tells of its workload. */
export type WorkloadRecord = z.output<typeof recordSchema> & {
  readonly labels: Readonly<Record<string, string>>
}

const notStartedSchema = z.object({
  kind: z.literal('not-started'),
  cause: z.enum(['image-pull', 'unschedulable', 'start-timeout', 'rejected']),
  evidence: z.string(),
})

/** A digest that fits into a label, whatever the text. */
export function labelDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 40)
}

/** Selects all objects of an agent. */
export function agentSelector(agentId: string): string {
  return `${labelNames.agent}=${labelDigest(agentId)}`
}

export function workloadSelector(id: string): string {
  return `${labelNames.workload}=${id}`
}

/** Labels of kubeJob and pod. */
export function labelsOf(spec: WorkloadSpec): Readonly<Record<string, string>> {
  const plain = Object.entries(spec.labels).filter(
    ([name, value]) =>
      /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?$/u.test(
        name,
      ) &&
      /^(?:[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?)?$/u.test(value) &&
      !isReservedKey(name),
  )
  return {
    ...Object.fromEntries(plain),
    [labelNames.managedBy]: 'scalr-agent',
    [labelNames.component]: 'task',
    [labelNames.workload]: spec.id,
    [labelNames.agent]: labelDigest(spec.agentId),
    [labelNames.directory]: labelDigest(spec.directory),
  }
}

export function annotationsOf(
  spec: WorkloadSpec,
  also: Pick<WorkloadRecord, 'launcher' | 'outputLimitBytes' | 'sealDigest'>,
): Readonly<Record<string, string>> {
  const record: z.input<typeof recordSchema> = {
    version: 1,
    id: spec.id,
    agentId: spec.agentId,
    directory: spec.directory,
    launcher: also.launcher,
    sealDigest: also.sealDigest,
    memoryBytes: spec.resources.memoryBytes,
    deadlineMs: spec.deadlineMs,
    startTimeoutMs: spec.startTimeoutMs,
    outputLimitBytes: also.outputLimitBytes,
  }
  return {
    [annotationNames.record]: JSON.stringify(record),
    [annotationNames.labels]: JSON.stringify(spec.labels),
  }
}

/** What was read of objects that are looked at again: each change of one wakes all who wait. */
const known = new WeakMap<V1Job, WorkloadRecord>()

/** `undefined` for a kubeJob that is none of ours. */
export function recordOf(kubeJob: V1Job): WorkloadRecord | undefined {
  const read = known.get(kubeJob)
  if (read !== undefined) return read
  const annotations = kubeJob.metadata?.annotations ?? {}
  const parsed = recordSchema.safeParse(parseJson(annotations[annotationNames.record]))
  if (!parsed.success) return undefined
  const labels = z
    .record(z.string(), z.string())
    .safeParse(parseJson(annotations[annotationNames.labels]))
  const record = { ...parsed.data, labels: labels.success ? labels.data : {} }
  known.set(kubeJob, record)
  return record
}

/** The pod that may start the main process, once one was chosen. */
export function startedPodOf(
  kubeJob: V1Job,
): { readonly uid: string; readonly name: string } | undefined {
  const annotations = kubeJob.metadata?.annotations ?? {}
  const uid = annotations[annotationNames.startedUid]
  const name = annotations[annotationNames.startedName]
  return uid === undefined || name === undefined ? undefined : { uid, name }
}

export function notStartedOf(kubeJob: V1Job): NotStartedOutcome | undefined {
  const text = kubeJob.metadata?.annotations?.[annotationNames.notStarted]
  const parsed = notStartedSchema.safeParse(parseJson(text))
  return parsed.success ? parsed.data : undefined
}

function parseJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

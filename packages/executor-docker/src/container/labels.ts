import type { WorkloadSpec } from '@scalr-agent/core'
import { z } from 'zod'

/** Every label of ours begins so; labels of a spec may not. */
export const ownLabelPrefix = 'io.scalr.agent.'

export const labelNames = {
  workload: `${ownLabelPrefix}workload`,
  agentId: `${ownLabelPrefix}agent-id`,
  directory: `${ownLabelPrefix}directory`,
  /** What a later agent process must know of the spec; never a secret. */
  record: `${ownLabelPrefix}record`,
} as const

const recordSchema = z.object({
  version: z.literal(1),
  /** Names of the spec's own labels; an image's labels stand beside them. */
  labels: z.array(z.string()),
  /** One attempt of one process to launch, see `Launcher`. */
  launcher: z.string(),
  memoryBytes: z.number().optional(),
  deadlineMs: z.number().optional(),
  startTimeoutMs: z.number(),
  outputLimitBytes: z.number(),
})

/** What the labels of a container tell of its workload. */
export interface LabelRecord {
  readonly id: string
  readonly agentId: string
  readonly directory: string
  readonly labels: Readonly<Record<string, string>>
  readonly launcher: string
  readonly memoryBytes?: number | undefined
  readonly deadlineMs?: number | undefined
  readonly startTimeoutMs: number
  readonly outputLimitBytes: number
}

export function toLabels(
  spec: WorkloadSpec,
  also: { readonly launcher: string; readonly outputLimitBytes: number },
): Readonly<Record<string, string>> {
  const record: z.input<typeof recordSchema> = {
    version: 1,
    labels: Object.keys(spec.labels),
    launcher: also.launcher,
    memoryBytes: spec.resources.memoryBytes,
    deadlineMs: spec.deadlineMs,
    startTimeoutMs: spec.startTimeoutMs,
    outputLimitBytes: also.outputLimitBytes,
  }
  return {
    ...spec.labels,
    [labelNames.workload]: spec.id,
    [labelNames.agentId]: spec.agentId,
    [labelNames.directory]: spec.directory,
    [labelNames.record]: JSON.stringify(record),
  }
}

/** `undefined` for a container that is none of ours. */
export function fromLabels(
  labels: Readonly<Record<string, string>> | null | undefined,
): LabelRecord | undefined {
  const id = labels?.[labelNames.workload]
  const agentId = labels?.[labelNames.agentId]
  const directory = labels?.[labelNames.directory]
  const text = labels?.[labelNames.record]
  if (!labels || id === undefined || agentId === undefined || directory === undefined || !text) {
    return undefined
  }
  const parsed = recordSchema.safeParse(parseJson(text))
  if (!parsed.success) return undefined
  const { labels: names, version: _version, ...record } = parsed.data
  const own = Object.fromEntries(names.map((name) => [name, labels[name] ?? '']))
  return { id, agentId, directory, labels: own, ...record }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

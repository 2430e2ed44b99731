import type { Readable } from 'node:stream'

import { z } from 'zod'

import type { ResourceCounts } from '../protocol/index.ts'

/** What a plan would do. */
export interface PlanSummary {
  readonly resources: ResourceCounts
}

/** The part of `show -json` that counts; everything else is ignored. */
const planSchema = z.looseObject({
  resource_changes: z
    .array(z.looseObject({ change: z.looseObject({ actions: z.array(z.string()) }) }))
    .nullish(),
})

/**
 * Counts the changes of a plan, as the tool's own "Plan:" line does: a replacement is one addition and
 * one destruction; reading and forgetting are none.
 *
 * @returns `undefined` when it is no plan.
 */
export function summarizePlan(planJson: unknown): PlanSummary | undefined {
  const plan = planSchema.safeParse(planJson)
  if (!plan.success) return undefined
  let additions = 0
  let changes = 0
  let destructions = 0
  for (const { change } of plan.data.resource_changes ?? []) {
    if (change.actions.includes('create')) additions += 1
    if (change.actions.includes('update')) changes += 1
    if (change.actions.includes('delete')) destructions += 1
  }
  return { resources: { additions, changes, destructions } }
}

/** Larger plans are not parsed: text, string and objects together take several times their size. */
const maxPlanBytes = 32 * 1024 * 1024

/**
 * Reads `data/plan.json` and counts. A plan past the cap is read to its end but neither kept nor parsed,
 * so memory stays bounded; then {@link summarizePlanText} tells the counts from the log.
 *
 * @returns `undefined` when it is too large or no plan.
 */
export async function readPlanSummary(
  file: Readable,
  options: { readonly maxBytes?: number } = {},
): Promise<PlanSummary | undefined> {
  const maxBytes = options.maxBytes ?? maxPlanBytes
  let chunks: Buffer[] | undefined = []
  let bytes = 0
  for await (const chunk of file) {
    const part = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk))
    bytes += part.length
    if (bytes > maxBytes) chunks = undefined
    chunks?.push(part)
  }
  if (chunks === undefined) return undefined
  const text = Buffer.concat(chunks).toString('utf8')
  chunks = undefined
  try {
    const parsed: unknown = JSON.parse(text)
    return summarizePlan(parsed)
  } catch {
    return undefined
  }
}

/**
 * The counts of the last `Plan: 1 to add, 2 to change, 3 to destroy.` in the tool's output, also with
 * imports and forgotten resources in it.
 */
export function summarizePlanText(output: string): PlanSummary | undefined {
  const line =
    /^Plan: (?:\d+ to import, )?(?<add>\d+) to add, (?<change>\d+) to change, (?<destroy>\d+) to destroy(?:, \d+ to forget)?\.\r?$/gmu
  const groups = [...output.matchAll(line)].at(-1)?.groups
  if (groups === undefined) return undefined
  return {
    resources: {
      additions: Number(groups['add']),
      changes: Number(groups['change']),
      destructions: Number(groups['destroy']),
    },
  }
}

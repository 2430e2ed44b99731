import {
  finishJobRequestSchema,
  jobFileNames,
  policyLevelSchema,
  type JobPolicyGroup,
} from '@scalr-agent/core/protocol'
import { z } from 'zod'

import { dataFiles, type JobRow } from '../store/index.ts'
import type { EngineContext } from './engine-context.ts'
import { EngineError } from './engine.ts'
import type { JobInput } from './job-input.ts'

const groupsSchema = z.array(
  z.object({
    id: z.string(),
    name: z.string(),
    opaVersion: z.string().nullable(),
    bundleId: z.string(),
    bytes: z.number(),
    digest: z.string(),
    commonFunctions: z.string().nullable(),
    policies: z.array(
      z.object({ id: z.string(), name: z.string(), level: policyLevelSchema, path: z.string() }),
    ),
  }),
)

/** A group of a check, as it was when the check was queued. */
export type PlannedGroup = z.output<typeof groupsSchema>[number]

/** The groups of a policy check. */
export function readPlannedGroups(groupsJson: string): readonly PlannedGroup[] {
  return groupsSchema.parse(JSON.parse(groupsJson))
}

/** What the spec of a policy job says of its policies; none for other jobs. */
export function jobPolicyGroups(
  { policies }: Pick<EngineContext, 'policies'>,
  job: JobRow,
): JobPolicyGroup[] {
  const check = job.phase === 'policy' ? policies.check(job.phase_id) : undefined
  if (check === undefined) return []
  return readPlannedGroups(check.groups_json).map((group, index) => ({
    id: group.id,
    name: group.name,
    opaVersion: group.opaVersion,
    commonFunctions: group.commonFunctions,
    file: bundleName(index),
    policies: group.policies,
  }))
}

/** What a policy job downloads: `tfrun`, the plan as JSON, and the bundle of each group. */
export async function policyInputs(
  context: EngineContext,
  job: JobRow,
): Promise<readonly JobInput[]> {
  const { files, phases, jobs, policies } = context
  const check = policies.check(job.phase_id)
  const planPhase = phases.ofRun(job.run_id, 'plan')
  const planJob = planPhase && jobs.ofPhase(planPhase.id)
  if (check === undefined || planPhase === undefined || planJob?.finish_json == null) {
    throw new EngineError('NOT_FOUND', `The run ${job.run_id} has no plan to check.`)
  }
  const report = finishJobRequestSchema.parse(JSON.parse(planJob.finish_json))
  const plan = report.files.find((file) => file.name === jobFileNames.planJson)
  if (plan === undefined) {
    throw new EngineError('NOT_FOUND', `The run ${job.run_id} has no plan as JSON.`)
  }
  const factsFile = dataFiles.jobFile(job.phase_id, jobFileNames.runFacts)
  // The same bytes each time, so whoever comes second changes nothing.
  const facts = await files.write(factsFile, check.run_facts_json)
  return [
    { name: jobFileNames.runFacts, ...facts, source: factsFile },
    { ...plan, source: dataFiles.planJson(planPhase.id) },
    ...readPlannedGroups(check.groups_json).map((group, index) => ({
      name: bundleName(index),
      bytes: group.bytes,
      digest: group.digest,
      source: dataFiles.policyBundle(group.bundleId),
    })),
  ]
}

function bundleName(index: number): string {
  return `policy-group-${index + 1}.tar.gz`
}

import { hookStageSchema, type HookStage, type RegistryHook } from '@scalr-agent/core/protocol'
import { z } from 'zod'

import { dataFiles, type JobRow, type LinkedHookRow } from '../store/index.ts'
import type { EngineContext } from './engine-context.ts'
import type { JobInput } from './job-input.ts'

const eventsSchema = z.array(hookStageSchema)

/** What a phase goes through. */
const stagesOf: Readonly<Record<'plan' | 'apply', readonly HookStage[]>> = {
  plan: ['pre-init', 'pre-plan', 'post-plan'],
  apply: ['pre-init', 'pre-apply', 'post-apply'],
}

/** Hooks of the registry for one job, and the files that they need. */
export interface JobHooks {
  readonly hooks: readonly RegistryHook[]
  readonly inputs: readonly JobInput[]
}

/** As they are linked to the environment now: for a job that is about to be started. */
export function findJobHooks(
  { hooks }: Pick<EngineContext, 'hooks'>,
  phase: string,
  environmentId: string,
): JobHooks {
  const stages = phase === 'plan' || phase === 'apply' ? stagesOf[phase] : []
  if (stages.length === 0) return { hooks: [], inputs: [] }
  const linked = hooks
    .ofEnvironment(environmentId)
    .map((row) => ({ row, events: eventsSchema.parse(JSON.parse(row.events_json)) }))
    .filter(({ events }) => stages.some((stage) => events.includes(stage)))
  return {
    hooks: stages.flatMap((stage) =>
      linked
        .filter(({ events }) => events.includes(stage))
        .map(({ row }) => ({
          id: row.id,
          name: row.name,
          stage,
          interpreter: row.interpreter,
          scriptPath: row.scriptfile_path,
          file: fileOf(row),
        })),
    ),
    inputs: linked.map(({ row }) => ({
      name: fileOf(row),
      bytes: row.bytes,
      digest: row.digest,
      source: dataFiles.hookArchive(row.archive_id),
    })),
  }
}

const toldSchema = z.object({
  registryHooks: z.array(z.object({ id: z.string(), file: z.string() })),
  files: z.array(z.object({ name: z.string(), bytes: z.number(), digest: z.string() })),
})

/**
 * A file of a hook as the started job was told of it: what has become of the hook since changes nothing
 * for this job.
 */
export function findToldHookFile(
  { hooks, jobSpecs }: Pick<EngineContext, 'hooks' | 'jobSpecs'>,
  job: JobRow,
  name: string,
): JobInput | undefined {
  const row = jobSpecs.get(job.id)
  if (row === undefined) return undefined
  const told = toldSchema.parse(JSON.parse(row.spec_json))
  const hook = told.registryHooks.find(({ file }) => file === name)
  const file = told.files.find((candidate) => candidate.name === name)
  if (hook === undefined || file === undefined) return undefined
  const archiveId = hooks.archive(hook.id, file.digest)
  return archiveId === undefined ? undefined : { ...file, source: dataFiles.hookArchive(archiveId) }
}

/** Ids of hooks begin with `hook-`. */
function fileOf({ id }: LinkedHookRow): string {
  return `${id.toLowerCase()}.tar.gz`
}

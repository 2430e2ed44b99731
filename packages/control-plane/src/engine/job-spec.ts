import {
  finishJobRequestSchema,
  jobFileNames,
  protocolPath,
  type JobFile,
  type JobSpec,
} from '@scalr-agent/core/protocol'
import { z } from 'zod'

import {
  dataFiles,
  findConfiguration,
  findScopedVariables,
  findWorkspaceFacts,
  type DataFile,
  type JobRow,
} from '../store/index.ts'
import type { EngineContext } from './engine-context.ts'
import { EngineError } from './engine.ts'
import { mergeVariables } from './job-variables.ts'
import type { RunLedger } from './run-ledger.ts'

const textsSchema = z.array(z.string())
const hooksSchema = z.record(z.string(), z.string().nullish())

/** A file that a job may download, and where it lies. */
export interface JobInput extends JobFile {
  readonly source: DataFile
}

/** Where a result file of one attempt lies: another attempt never overwrites it. */
export function resultFile(job: JobRow, name: string): DataFile {
  return dataFiles.jobFile(job.phase_id, `${job.fencing_token}-${name}`)
}

/** What the job downloads: the configuration, and for an apply also what its plan left. */
export async function jobInputs(context: EngineContext, job: JobRow): Promise<readonly JobInput[]> {
  const { db, files, runs, phases, jobs } = context
  const configurationId = runs.get(job.run_id)?.configuration_version_id ?? ''
  const configuration = findConfiguration(db, configurationId)
  if (configuration === undefined) {
    throw new EngineError('NO_CONFIGURATION', `The configuration of the run ${job.run_id} is gone.`)
  }
  const source = dataFiles.configuration(configurationId)
  const { bytes, digest } =
    configuration.bytes === null || configuration.digest === null
      ? await files.digest(source)
      : { bytes: configuration.bytes, digest: configuration.digest }
  const inputs: JobInput[] = [{ name: jobFileNames.configuration, bytes, digest, source }]
  if (job.phase === 'plan') return inputs
  const planPhase = phases.ofRun(job.run_id, 'plan')
  const planJob = planPhase && jobs.ofPhase(planPhase.id)
  if (planJob === undefined || planJob.finish_json === null) return inputs
  const report = finishJobRequestSchema.parse(JSON.parse(planJob.finish_json))
  const wanted: readonly string[] = [jobFileNames.plan, jobFileNames.lockFile]
  for (const file of report.files) {
    if (wanted.includes(file.name)) inputs.push({ ...file, source: resultFile(planJob, file.name) })
  }
  return inputs
}

/** Everything of the answer to `start` but the tokens. */
export async function buildJobSpec(
  context: EngineContext,
  ledger: RunLedger,
  job: JobRow,
): Promise<Omit<JobSpec, 'jobToken' | 'jobTokenExpiresAt' | 'runToken'>> {
  const { db, runs, timing } = context
  const run = ledger.get(job.run_id)
  const facts = findWorkspaceFacts(db, job.workspace_id)
  if (facts === undefined) throw new EngineError('NOT_FOUND', 'The workspace is gone.')
  const inputs = await jobInputs(context, job)
  const hooks = hooksSchema.parse(JSON.parse(facts.hooks_json ?? '{}'))
  const minutes = facts.run_operation_timeout_minutes
  return {
    jobId: job.id,
    phase: job.phase,
    fencingToken: job.fencing_token,
    leaseMs: timing.leaseMs,
    applyGraceMs: job.phase === 'apply' ? timing.applyGraceMs : 0,
    timeoutMs: minutes === null ? timing.runTimeoutMs : minutes * 60_000,
    statePath: `${protocolPath}/state/${job.workspace_id}`,
    run: {
      id: run.id,
      source: run.source,
      message: run.message,
      isDestroy: run.is_destroy === 1,
      isDry: run.is_dry === 1,
      refresh: run.refresh === 1,
      refreshOnly: run.refresh_only === 1,
      targets: textsSchema.parse(JSON.parse(run.target_addrs_json)),
      replacements: textsSchema.parse(JSON.parse(run.replace_addrs_json)),
      vcs: null,
    },
    workspace: {
      id: facts.id,
      name: facts.name,
      iacPlatform: run.iac_platform,
      iacVersion: facts.iac_version,
      workingDirectory: facts.working_directory ?? '',
      varFiles: textsSchema.parse(JSON.parse(facts.var_files_json)),
      hooks: {
        preInit: hooks['pre-init'] ?? null,
        prePlan: hooks['pre-plan'] ?? null,
        postPlan: hooks['post-plan'] ?? null,
        preApply: hooks['pre-apply'] ?? null,
        postApply: hooks['post-apply'] ?? null,
      },
      terragrunt: null,
    },
    environment: { id: facts.environment_id, name: facts.environment_name },
    account: { id: facts.account_id },
    variables: [...mergeVariables(findScopedVariables(db, facts), runs.variables(run.id))],
    registryHooks: [],
    policyGroups: [],
    files: inputs.map(({ name, bytes, digest }) => ({ name, bytes, digest })),
    resources: facts.memory_bytes === null ? {} : { memoryBytes: facts.memory_bytes },
  }
}

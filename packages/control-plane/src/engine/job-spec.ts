import { protocolPath, type JobSpec } from '@scalr-agent/core/protocol'
import { z } from 'zod'

import {
  findScopedVariables,
  findVcsRevision,
  findWorkspaceFacts,
  type JobRow,
} from '../store/index.ts'
import type { EngineContext } from './engine-context.ts'
import { EngineError } from './engine.ts'
import { findJobHooks } from './job-hooks.ts'
import { jobInputs } from './job-input.ts'
import { mergeVariables, variablesOfPhase } from './job-variables.ts'
import { jobPolicyGroups } from './policy-job.ts'
import type { RunLedger } from './run-ledger.ts'
import { runSettings } from './run-settings.ts'

const textsSchema = z.array(z.string())
const hooksSchema = z.record(z.string(), z.string().nullish())

/** Everything of the answer to `start` but the tokens. */
export async function buildJobSpec(
  context: EngineContext,
  ledger: RunLedger,
  job: JobRow,
): Promise<Omit<JobSpec, 'jobToken' | 'jobTokenExpiresAt' | 'runToken'>> {
  const { db, planVariables, runs, timing } = context
  const run = ledger.get(job.run_id)
  const facts = findWorkspaceFacts(db, job.workspace_id)
  if (facts === undefined) throw new EngineError('NOT_FOUND', 'The workspace is gone.')
  const registry = findJobHooks(context, job.phase, facts.environment_id)
  const inputs = [...(await jobInputs(context, job)), ...registry.inputs]
  const settings = runSettings(run, job.phase, facts)
  const variables = variablesOfPhase(
    job.phase,
    mergeVariables(findScopedVariables(db, facts), runs.variables(run.id)),
    planVariables.get(run.id),
  )
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
      vcs: findVcsRevision(db, run.configuration_version_id) ?? null,
    },
    workspace: {
      id: facts.id,
      name: facts.name,
      iacPlatform: run.iac_platform,
      ...settings,
      hooks: {
        preInit: hooks['pre-init'] ?? null,
        prePlan: hooks['pre-plan'] ?? null,
        postPlan: hooks['post-plan'] ?? null,
        preApply: hooks['pre-apply'] ?? null,
        postApply: hooks['post-apply'] ?? null,
      },
    },
    environment: { id: facts.environment_id, name: facts.environment_name },
    account: { id: facts.account_id },
    // A policy job gets none of them into its environment: its agent masks those that are sensitive.
    variables: variables.filter(({ sensitive }) => job.phase !== 'policy' || sensitive),
    registryHooks: [...registry.hooks],
    policyGroups: jobPolicyGroups(context, job),
    files: inputs.map(({ name, bytes, digest }) => ({ name, bytes, digest })),
    resources: facts.memory_bytes === null ? {} : { memoryBytes: facts.memory_bytes },
  }
}

import { ConfigurationError } from '../errors/index.ts'
import type { PreparedCaches } from '../caches/index.ts'
import type { WorkloadSpec } from '../executor/index.ts'
import { assertMarkerNonce } from '../logs/index.ts'
import { jobFileNames, type ArchiveLimits, type JobSpec } from '../protocol/index.ts'
import { createJobHooks, hookStages, type AgentHook } from './hooks.ts'
import { createJobEnvironment, type WorkloadProxy } from './job-environment.ts'
import { createJobFiles, type JobFilesOptions } from './job-files.ts'
import { jobLayout } from './job-layout.ts'
import { createJobScript, jobScriptArgv } from './job-script.ts'
import { jobSecrets } from './job-secrets.ts'
import { createPolicyJob } from './policy/index.ts'
import { resultFiles, unitResultFiles, type ResultFile } from './result-files.ts'
import type { TerragruntOptions } from './script/job-script-options.ts'
import { normalizeWorkingDirectory } from './tool-arguments.ts'
import { workloadName } from './workload-name.ts'

export interface CreateWorkloadSpecOptions {
  readonly spec: JobSpec
  readonly agentId: string
  /** 32 lower-case hex digits, made for this job alone. */
  readonly nonce: string
  /** Where the workload reaches the control plane. */
  readonly workloadUrl: string
  /** Where the files of the job were downloaded to, each under its own name. */
  readonly filesDirectory: string
  /** `PATH` inside the workload. @default the executor's */
  readonly path?: string | undefined
  /** PEM certificates that the workload trusts beside the system's own. */
  readonly caCert?: string | undefined
  readonly proxy?: WorkloadProxy | undefined
  readonly image?: string | undefined
  /** What the caches of the agent give this job; without, tools are looked up in `PATH`. */
  readonly prepared?: PreparedCaches | undefined
  /** Hooks of the agent's hooks directory, read when the job is made. */
  readonly agentHooks?: readonly AgentHook[] | undefined
  readonly archiveLimits?: ArchiveLimits | undefined
  readonly defaults: WorkloadDefaults
}

/** What the agent's options say for every job; the job's own resources come first. */
export interface WorkloadDefaults {
  readonly startTimeoutMs: number
  readonly memoryBytes?: number | undefined
  readonly cpus?: number | undefined
  readonly user?: string | undefined
  readonly network?: string | undefined
  readonly parallelism?: number | undefined
  /** Whether policies may send requests (`http.send`). @default false */
  readonly policyNetwork?: boolean | undefined
}

export interface CreatedWorkloadSpec {
  readonly workload: WorkloadSpec
  /** For the masker. */
  readonly secrets: readonly string[]
  readonly resultFiles: readonly ResultFile[]
}

/** The engine's deadline comes after all patience of the agent: a soft wait, a hard one, and slack. */
const deadlineSlackMs = 30 * 60_000

/**
 * What to start for that job. Pure; the files are opened when the workload's `files` are read.
 *
 * @throws {@link ConfigurationError} when the job cannot be run as it is described.
 */
export function createWorkloadSpec(options: CreateWorkloadSpecOptions): CreatedWorkloadSpec {
  const { spec, defaults, prepared } = options
  assertMarkerNonce(options.nonce)
  const parts = spec.phase === 'policy' ? policyParts(options) : terraformParts(options, spec.phase)
  const memoryBytes = spec.resources.memoryBytes ?? defaults.memoryBytes
  const cpus = spec.resources.cpus ?? defaults.cpus
  const workload: WorkloadSpec = {
    id: workloadName(`${spec.jobId}-${spec.fencingToken}`),
    agentId: options.agentId,
    directory: workloadName(spec.run.id),
    argv: jobScriptArgv,
    files: createJobFiles({
      filesDirectory: options.filesDirectory,
      nonce: options.nonce,
      limits: options.archiveLimits,
      ...parts.files,
    }),
    env: parts.env,
    secretEnv: parts.secretEnv,
    resources: {
      ...(memoryBytes === undefined ? {} : { memoryBytes }),
      ...(cpus === undefined ? {} : { cpus }),
    },
    caches: prepared?.mounts ?? [],
    labels: {
      'scalr-agent/job-id': spec.jobId,
      'scalr-agent/run-id': spec.run.id,
      'scalr-agent/workspace-id': spec.workspace.id,
      'scalr-agent/phase': spec.phase,
    },
    startTimeoutMs: defaults.startTimeoutMs,
    deadlineMs: spec.timeoutMs + spec.applyGraceMs + deadlineSlackMs,
    ...(options.image === undefined ? {} : { image: options.image }),
    ...(defaults.user === undefined ? {} : { user: defaults.user }),
    ...(defaults.network === undefined ? {} : { network: defaults.network }),
  }
  return {
    workload,
    secrets: [...jobSecrets(spec, options.proxy), ...Object.values(prepared?.secretEnv ?? {})],
    resultFiles: parts.resultFiles,
  }
}

/** What differs between the phases. */
interface PhaseParts {
  readonly files: Omit<JobFilesOptions, 'filesDirectory' | 'nonce' | 'limits'>
  readonly env: Readonly<Record<string, string>>
  readonly secretEnv: Readonly<Record<string, string>>
  readonly resultFiles: readonly ResultFile[]
}

function terraformParts(options: CreateWorkloadSpecOptions, phase: 'plan' | 'apply'): PhaseParts {
  const { spec, defaults, prepared } = options
  const names = spec.files.map((file) => file.name)
  assertFiles(spec, names)

  const workingDirectory = normalizeWorkingDirectory(spec.workspace.workingDirectory)
  const toolName = spec.workspace.iacPlatform === 'opentofu' ? 'tofu' : 'terraform'
  const { env, secretEnv, fileVariables } = createJobEnvironment({
    spec,
    workloadUrl: options.workloadUrl,
    path: options.path,
    proxy: options.proxy,
    prepared: prepared?.secretEnv,
  })
  const agentHooks = options.agentHooks ?? []
  const script = createJobScript({
    phase,
    tool: {
      name: toolName,
      location: prepared?.tools[toolName] ?? {
        kind: 'lookup',
        version: spec.workspace.iacVersion,
      },
    },
    terragrunt: terragruntOf(spec, prepared),
    workingDirectory,
    varFiles: spec.workspace.varFiles,
    run: spec.run,
    hooks: createJobHooks({ phase, agentHooks, spec }),
    fileVariables,
    hasCliConfig: prepared?.cliConfig !== undefined,
    notes: prepared?.notes,
    parallelism: defaults.parallelism,
  })
  const isRunAll = spec.workspace.terragrunt?.useRunAll === true
  return {
    files: {
      // Through the checks of every archive, to where Terragrunt looks for the plans of its units.
      names: isRunAll ? names.filter((name) => name !== jobFileNames.plan) : names,
      ...(isRunAll && phase === 'apply'
        ? { archives: new Map([[jobFileNames.plan, jobLayout.units]]) }
        : {}),
      script,
      caCert: options.caCert,
      cliConfig: prepared?.cliConfig,
      agentHooks: agentHooks.filter(({ stage }) => hookStages[phase].some((own) => own === stage)),
      registryHooks: spec.registryHooks.filter(({ stage }) =>
        hookStages[phase].some((own) => own === stage),
      ),
    },
    env,
    secretEnv,
    resultFiles: isRunAll ? unitResultFiles(phase) : resultFiles(phase, workingDirectory),
  }
}

function terragruntOf(
  spec: JobSpec,
  prepared: PreparedCaches | undefined,
): TerragruntOptions | undefined {
  const { terragrunt, name } = spec.workspace
  if (terragrunt === null) return undefined
  const { targets, replacements } = spec.run
  if (terragrunt.useRunAll && targets.length + replacements.length > 0) {
    throw new ConfigurationError(
      `Cannot run Terragrunt's run-all for the workspace '${name}' with targets or replacements: an address names a resource of one unit, and every unit would be told it. Start the run without them, or in a workspace of that unit.`,
    )
  }
  const location = prepared?.tools.terragrunt ?? { kind: 'lookup', version: terragrunt.version }
  return { location, runAll: terragrunt.useRunAll }
}

function policyParts(options: CreateWorkloadSpecOptions): PhaseParts {
  const { spec, prepared, path } = options
  const job = createPolicyJob({
    spec,
    opa: prepared?.tools.opa,
    allowNetwork: options.defaults.policyNetwork ?? false,
    path,
  })
  return {
    files: { names: [], ...job.files },
    env: job.env,
    secretEnv: {},
    resultFiles: [job.resultFile],
  }
}

function assertFiles(spec: JobSpec, names: readonly string[]): void {
  const needed = [
    jobFileNames.configuration,
    ...(spec.phase === 'apply' ? [jobFileNames.plan] : []),
    ...spec.registryHooks.map((hook) => hook.file),
  ]
  const missing = needed.filter((name) => !names.includes(name))
  if (missing.length > 0) {
    throw new ConfigurationError(
      `Cannot run the ${spec.phase} of run ${spec.run.id}: the control plane sent no ${missing.join(' and no ')}.`,
    )
  }
}

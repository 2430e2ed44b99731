import { z } from 'zod'

import {
  cancelModeSchema,
  digestSchema,
  fencingTokenSchema,
  phaseSchema,
  timestampSchema,
} from './common.ts'

/** What `GET /sessions/self/jobs` hands out: enough to decide and to start, without any secret. */
export const jobAssignmentSchema = z.object({
  jobId: z.string().min(1),
  phase: phaseSchema,
  fencingToken: fencingTokenSchema,
  runId: z.string().min(1),
  workspaceId: z.string().min(1),
  workspaceName: z.string(),
  queuedAt: timestampSchema,
  /** Length of the lease that `start` grants; the agent counts it from before it sent `start`. */
  leaseMs: z.int().positive(),
  /** Memory that one such job may take; admission goes by it. */
  memoryBytes: z.int().positive().optional(),
})
/** A job that is offered; nothing of it runs before `start`. */
export type JobAssignment = z.infer<typeof jobAssignmentSchema>

/** `GET /sessions/self/jobs?wait=60&max=n`. Empty when nothing came in time. */
export const jobsResponseSchema = z.object({ jobs: z.array(jobAssignmentSchema) })
/** The jobs that an agent was given, if any. */
export type JobsResponse = z.infer<typeof jobsResponseSchema>

/** One cancel signal. Kept until the job ends, so that it is never lost between two polls. */
export const signalSchema = z.object({
  /** Grows; the client asks with the last one it saw. */
  cursor: z.int().positive(),
  jobId: z.string().min(1),
  fencingToken: fencingTokenSchema,
  cancel: cancelModeSchema,
})
/** A wish to cancel one job. */
export type Signal = z.infer<typeof signalSchema>

/** `GET /sessions/self/signals?wait=60&after=<cursor>`. */
export const signalsResponseSchema = z.object({
  cursor: z.int().nonnegative(),
  signals: z.array(signalSchema),
})
/** Signals after a cursor, and the cursor to ask with next. */
export type SignalsResponse = z.infer<typeof signalsResponseSchema>

/** `POST /jobs/{id}/start`, with the session token. Nothing is launched before it succeeded. */
export const startJobRequestSchema = z.object({ fencingToken: fencingTokenSchema })
/** Takes an offered job for good. */
export type StartJobRequest = z.infer<typeof startJobRequestSchema>

const variableSchema = z.object({
  key: z.string().min(1),
  value: z.string(),
  /** `terraform`: input variable; `shell`: environment variable. Scalr's `env` is sent as `shell`. */
  category: z.enum(['terraform', 'shell']),
  hcl: z.boolean(),
  sensitive: z.boolean(),
})
/** A variable of a run: for Terraform or for the environment. */
export type JobVariable = z.infer<typeof variableSchema>

const jobFileSchema = z.object({
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/u),
  bytes: z.int().nonnegative(),
  digest: digestSchema,
})
/** A file of a job, with its size and digest. */
export type JobFile = z.infer<typeof jobFileSchema>

/** Names of the files of a job, one word on both sides. */
export const jobFileNames = {
  /** tar.gz of the configuration. */
  configuration: 'configuration.tar.gz',
  /** The saved plan; with Terragrunt's run-all a tar.gz of the plans of its units. */
  plan: 'plan.bin',
  planJson: 'plan.json',
  lockFile: 'lock.hcl',
  /** Scalr's `tfrun`: what policies may know of the run. Input of a policy job. */
  runFacts: 'tfrun.json',
  /** What the policies of a policy job said. */
  policyResults: 'policy-results.json',
  /** State that could not be written to the backend and was rescued after a hard end (I9). */
  erroredState: 'errored.tfstate',
  /** tar.gz of such states, each below the path of its unit, of a job that ran Terragrunt's run-all. */
  erroredStates: 'errored-states.tar.gz',
} as const
/** One of `jobFileNames`. */
export type JobFileName = (typeof jobFileNames)[keyof typeof jobFileNames]

/** Points of a job at which hooks run, in Scalr's names. */
export const hookStageSchema = z.enum([
  'pre-init',
  'pre-plan',
  'post-plan',
  'pre-apply',
  'post-apply',
])
/** One of the hook points. */
export type HookStage = z.infer<typeof hookStageSchema>

const registryHookSchema = z.object({
  id: z.string().min(1),
  name: z.string(),
  stage: hookStageSchema,
  /** Program of the image or machine that runs the script, e.g. `bash`. */
  interpreter: z.string().min(1),
  /** Relative to the root of the archive. */
  scriptPath: z.string().min(1),
  /** Name of the job's file that holds the hook's tar.gz. */
  file: z.string().min(1),
})
/** A hook of the registry that is linked to the run's environment. */
export type RegistryHook = z.infer<typeof registryHookSchema>

/** How binding a policy is, in Scalr's words. */
export const policyLevelSchema = z.enum(['advisory', 'soft-mandatory', 'hard-mandatory'])
/** One of the three levels. */
export type PolicyLevel = z.infer<typeof policyLevelSchema>

/** Below the root of a policy group's archive; in characters that OPA takes literally in a path. */
const bundlePathSchema = z
  .string()
  .max(1024)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$/u)

const policyGroupSchema = z.object({
  id: z.string().min(1),
  name: z.string(),
  /** `null`: whatever is there. */
  opaVersion: z.string().nullable(),
  /** Name of the job's file that holds the group's Rego as tar.gz. */
  file: z.string().min(1),
  /** Folder of the archive whose Rego and data every policy of the group may use. */
  commonFunctions: bundlePathSchema.nullable(),
  policies: z.array(
    z.object({
      id: z.string().min(1),
      name: z.string().min(1),
      level: policyLevelSchema,
      /** The policy's Rego in the archive. */
      path: bundlePathSchema,
    }),
  ),
})
/** A policy group that applies to the run: its enabled policies. */
export type JobPolicyGroup = z.infer<typeof policyGroupSchema>

/** The whole job, with its secrets: the answer to `start`. */
export const jobSpecSchema = z.object({
  jobId: z.string().min(1),
  phase: phaseSchema,
  fencingToken: fencingTokenSchema,
  leaseMs: z.int().positive(),
  /** Apply only: how long past the lease an apply may run on through an outage (I6). */
  applyGraceMs: z.int().nonnegative(),
  /** From start to the end of the phase; then soft, and after its patience hard. */
  timeoutMs: z.int().positive(),
  /** Bearer of every further call about this job. */
  jobToken: z.string().min(1),
  jobTokenExpiresAt: timestampSchema,
  /** The only token that a workload ever sees: this workspace's state, and nothing else. */
  runToken: z.string().min(1),
  /** Path of Terraform's `http` backend below `workloadUrl`. */
  statePath: z.string().regex(/^\//u),
  run: z.object({
    id: z.string().min(1),
    source: z.string(),
    message: z.string().nullable(),
    isDestroy: z.boolean(),
    isDry: z.boolean(),
    refresh: z.boolean(),
    refreshOnly: z.boolean(),
    targets: z.array(z.string()),
    replacements: z.array(z.string()),
    /** `null` when the configuration does not come from a VCS. */
    vcs: z.object({ branch: z.string(), commit: z.string() }).nullable(),
  }),
  workspace: z.object({
    id: z.string().min(1),
    name: z.string(),
    iacPlatform: z.enum(['terraform', 'opentofu']),
    /** `null`: whatever is there. */
    iacVersion: z.string().nullable(),
    /** Relative to the configuration's root; empty for the root. */
    workingDirectory: z.string(),
    varFiles: z.array(z.string()),
    hooks: z.object({
      preInit: z.string().nullable(),
      prePlan: z.string().nullable(),
      postPlan: z.string().nullable(),
      preApply: z.string().nullable(),
      postApply: z.string().nullable(),
    }),
    /** `null`: the tool is run by itself. */
    terragrunt: z.object({ version: z.string().nullable(), useRunAll: z.boolean() }).nullable(),
  }),
  environment: z.object({ id: z.string().min(1), name: z.string() }),
  account: z.object({ id: z.string().min(1) }),
  variables: z.array(variableSchema),
  /** In the order in which they run within a stage. */
  registryHooks: z.array(registryHookSchema),
  /** Policy jobs only; else empty. */
  policyGroups: z.array(policyGroupSchema),
  /** What to download before the launch. */
  files: z.array(jobFileSchema),
  resources: z.object({
    memoryBytes: z.int().positive().optional(),
    cpus: z.number().positive().optional(),
  }),
})
/** All that an agent has to know to execute a job. */
export type JobSpec = z.infer<typeof jobSpecSchema>

/** `POST /jobs/{id}/token`, with the present job token; before it expires. */
export const jobTokenRequestSchema = z.object({ fencingToken: fencingTokenSchema })
/** Answer to `POST /jobs/{id}/token`. */
export const jobTokenResponseSchema = z.object({
  jobToken: z.string().min(1),
  jobTokenExpiresAt: timestampSchema,
})
/** A fresh job token. */
export type JobTokenResponse = z.infer<typeof jobTokenResponseSchema>

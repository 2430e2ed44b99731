export {
  createWorkloadSpec,
  type CreatedWorkloadSpec,
  type CreateWorkloadSpecOptions,
  type WorkloadDefaults,
} from './create-workload-spec.ts'
export {
  createJobEnvironment,
  type JobEnvironment,
  type JobEnvironmentOptions,
  type WorkloadProxy,
} from './job-environment.ts'
export { jobSecrets } from './job-secrets.ts'
export { createJobScript } from './job-script.ts'
export { type JobScriptOptions } from './script/job-script-options.ts'
export { hookStages, type AgentHook, type HookCommand, type JobHooks } from './hooks.ts'
export { jobImage, type JobImageOptions } from './job-image.ts'
export { policyTools } from './policy/index.ts'
export { type Stage } from './stages.ts'
export {
  interpretResult,
  type InterpretResultOptions,
  type JobResult,
  type StopCause,
} from './interpret-result.ts'
export {
  readPlanSummary,
  summarizePlan,
  summarizePlanText,
  type PlanSummary,
} from './plan-summary.ts'
export { mergePlans, type UnitPlan } from './merge-plans.ts'
export { summarizeApply } from './apply-summary.ts'
export {
  readConfigurationFile,
  type ReadConfigurationFileOptions,
} from './read-configuration-file.ts'
export { normalizeWorkingDirectory } from './tool-arguments.ts'
export type { ResultFile } from './result-files.ts'
export { workloadName } from './workload-name.ts'

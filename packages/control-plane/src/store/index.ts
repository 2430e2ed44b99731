export {
  AgentCallsRepository,
  type AgentCallRow,
  type DueCallRow,
  type WantingJob,
} from './agent-calls-repository.ts'
export { CommitStatusesRepository, type CommitStatusRow } from './commit-statuses-repository.ts'
export { DataDirectory } from './data-directory.ts'
export { dataFiles, type DataFile, type DataFolder } from './data-file.ts'
export { Database, type SqlValue, type TransactionOptions } from './database.ts'
export { FileStore, type AppendResult } from './file-store.ts'
export type { WriteStreamOptions, WrittenFile } from './replace-file.ts'
export { isUniqueViolation } from './sqlite-error.ts'
export { AgentsRepository, type AgentFacts, type AgentRow } from './agents-repository.ts'
export { HooksRepository, type LinkedHookRow } from './hooks-repository.ts'
export { IdempotencyKeysRepository, type IdempotencyKeyRow } from './idempotency-keys-repository.ts'
export { JobSpecsRepository, type JobSpecRow } from './job-specs-repository.ts'
export { JobsRepository, type JobListener, type JobRow } from './jobs-repository.ts'
export { ModulesRepository, type ModuleRow, type ModuleVersionRow } from './modules-repository.ts'
export { PhasesRepository, type PhaseResult, type PhaseRow } from './phases-repository.ts'
export { PlanVariablesRepository } from './plan-variables-repository.ts'
export { PoliciesRepository, type CheckGroup, type PolicyCheckRow } from './policies-repository.ts'
export { RunsRepository, type NewRun, type RunRow, type RunVariableRow } from './runs-repository.ts'
export { StateLocksRepository, type StateLockRow } from './state-locks-repository.ts'
export { StateVersionsRepository, type StateVersionRow } from './state-versions-repository.ts'
export {
  VcsBindingsRepository,
  type BoundHookRow,
  type BoundPolicyGroupRow,
  type BoundWorkspaceRow,
} from './vcs-bindings-repository.ts'
export { VcsProvidersRepository, type VcsProviderRow } from './vcs-providers-repository.ts'
export { VcsTasksRepository, type VcsTaskRow } from './vcs-tasks-repository.ts'
export {
  findConfiguration,
  findLatestConfiguration,
  findScopedVariables,
  findVcsRevision,
  findWorkspaceFacts,
  type ConfigurationFacts,
  type ScopedVariableRow,
  type WorkspaceFacts,
} from './workspace-facts.ts'

export type {
  AccessToken,
  Account,
  Agent,
  AgentPool,
  Apply,
  ConfigurationVersion,
  Environment,
  Hook,
  HookEnvironmentLink,
  Module,
  ModuleVersion,
  Plan,
  Policy,
  PolicyCheck,
  PolicyGroup,
  Run,
  ServiceAccount,
  StateVersion,
  Tag,
  Variable,
  VcsProvider,
  Workspace,
} from './definitions/index.ts'
export type { FollowOptions } from './follow-output.ts'
export type { OutputOptions, OutputStreamOptions } from './job-output.ts'
export type { Open } from './kind.ts'
export type { FilterOptions, FilterValue, Instant, ListOptions } from './list-query.ts'
export { Listing, type Page } from './listing.ts'
export type { Operations } from './openapi/operations.ts'
export type { OperationName, RequestAnswer, RequestOptions } from './request-types.ts'
export type { CallOptions, GetOptions, WriteOptions } from './resource-client.ts'
export type { OtherResource } from './resource-types.ts'
export type { RelatedIds } from './resources/related-ids.ts'
export type { CancelOptions, CommentOptions, ConfirmOptions } from './resources/runs-client.ts'
export type { TemporaryToken } from './resources/service-accounts-client.ts'
export type { WorkspaceOutput } from './resources/workspaces-client.ts'
export {
  describePlan,
  type ChangeAction,
  type PlanSummary,
  type ResourceChange,
} from './runs/plan-summary.ts'
export type { ReviewedRun, ReviewOptions } from './runs/review-run.ts'
export { runPhase, type RunPhase } from './runs/run-status.ts'
export type { WaitForRunOptions } from './runs/wait-for-run.ts'
export { ScalrClient, type ScalrClientOptions } from './scalr-client.ts'
export type { FileSource } from './upload-file.ts'

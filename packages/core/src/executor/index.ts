export type { ExecutorCapabilities } from './executor-capabilities.ts'
export type { CheckOptions, Executor, ListOptions, OperationOptions } from './executor.ts'
export type { Finding } from './finding.ts'
export type {
  DeadlineOutcome,
  EvictedOutcome,
  ExitedOutcome,
  LostOutcome,
  MemoryEvidence,
  NotStartedOutcome,
  OutOfMemoryOutcome,
  Outcome,
  SignaledOutcome,
} from './outcome.ts'
export type { CacheMount, WorkloadResources, WorkloadSpec } from './workload-spec.ts'
export type { InterruptLevel, ResourceUsage, Workload, WorkloadRef } from './workload.ts'

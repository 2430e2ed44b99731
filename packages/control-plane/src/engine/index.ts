export { createEngine } from './create-engine.ts'
export { policyRunFacts } from './policy-run-facts.ts'
export { resultFile } from './job-input.ts'
export type { EngineOptions } from './engine-context.ts'
export type { EngineEvents } from './engine-events.ts'
export {
  EngineError,
  type AgentEngine,
  type CreateRunInput,
  type Engine,
  type EngineErrorCode,
  type JobRef,
  type RegisteredSession,
  type RunEngine,
  type RunVariableInput,
  type SessionKey,
} from './engine.ts'
export { resolvePool } from './run-queue.ts'
export {
  activeStatuses,
  asRunStatus,
  hasJob,
  isConfirmable,
  isDiscardable,
  isTerminalRun,
  runStatuses,
  type RunStatus,
} from './run-status.ts'
export { describeHolder, stateLockFacts, type StateLockFacts } from './state-lock.ts'

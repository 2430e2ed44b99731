export {
  ArchivePolicy,
  type ArchiveEntry,
  type ArchiveLimits,
  type CheckedEntry,
} from './archive-policy.ts'
export {
  agentKindSchema,
  cancelModeSchema,
  digestSchema,
  fencingTokenSchema,
  jobStateSchema,
  jobStates,
  phaseSchema,
  protocolPath,
  protocolVersion,
  timestampSchema,
  type AgentKind,
  type CancelMode,
  type JobState,
  type Phase,
} from './common.ts'
export {
  failureCauseSchema,
  finishJobRequestSchema,
  finishJobResponseSchema,
  logOffsetResponseSchema,
  type FailureCause,
  type FinishJobRequest,
  type FinishJobResponse,
  type LogOffsetResponse,
  type ResourceCounts,
  type StageReport,
} from './finish.ts'
export { maxJsonBodyBytes, maxLogAppendBytes, protocolHeaders } from './headers.ts'
export {
  jobAssignmentSchema,
  jobFileNames,
  jobSpecSchema,
  jobTokenRequestSchema,
  jobTokenResponseSchema,
  jobsResponseSchema,
  signalSchema,
  signalsResponseSchema,
  startJobRequestSchema,
  type JobAssignment,
  type JobFile,
  type JobFileName,
  type JobSpec,
  type JobTokenResponse,
  type JobVariable,
  type JobsResponse,
  type Signal,
  type SignalsResponse,
  type StartJobRequest,
} from './job.ts'
export {
  problemMediaType,
  problemSchema,
  problemTypes,
  type Problem,
  type ProblemType,
} from './problem.ts'
export {
  heartbeatRequestSchema,
  heartbeatResponseSchema,
  registerRequestSchema,
  registerResponseSchema,
  type HeartbeatRequest,
  type HeartbeatResponse,
  type RegisterRequest,
  type RegisterResponse,
} from './session.ts'
export {
  tokenClaimsSchema,
  tokenKindSchema,
  type TokenClaims,
  type TokenKind,
} from './token-claims.ts'

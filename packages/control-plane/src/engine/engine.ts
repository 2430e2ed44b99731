import type { Readable } from 'node:stream'

import type {
  FinishJobRequest,
  HeartbeatRequest,
  HeartbeatResponse,
  JobAssignment,
  JobFile,
  JobSpec,
  RegisterRequest,
  SignalsResponse,
} from '@scalr-agent/core/protocol'

/** Why the engine refuses. The public API makes Scalr's texts of it, the agent API problem documents. */
export type EngineErrorCode =
  /** No such run, job, agent or workspace (or not of that owner). */
  | 'NOT_FOUND'
  /** The run does not wait for confirmation. */
  | 'NOT_CONFIRMABLE'
  /** A saved plan: another run of its workspace is at work. */
  | 'PLAN_NOT_NEXT'
  /** A saved plan: the state has changed since it was made. */
  | 'PLAN_STALE'
  | 'NOT_DISCARDABLE'
  /** The policy check has not failed softly, or its run has moved on. */
  | 'NOT_OVERRIDABLE'
  /** The run was neither waiting, planning nor applying. */
  | 'NOT_CANCELABLE'
  /** No uploaded configuration version to run. */
  | 'NO_CONFIGURATION'
  /** The lease is gone or the fencing token stale (I5). */
  | 'LEASE_LOST'
  | 'NAME_TAKEN'
  /** A VCS agent in a pool for runs, or the other way round. */
  | 'WRONG_POOL'
  | 'SESSION_GONE'
  | 'ILLEGAL_STATE'
  /** Log or file differ from what was declared (I10). */
  | 'DIGEST_MISMATCH'

/** The engine refused; nothing was changed. */
export class EngineError extends Error {
  override readonly name = 'EngineError'
  readonly code: EngineErrorCode

  constructor(code: EngineErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

export interface CreateRunInput {
  readonly workspaceId: string
  /** Default: the workspace's latest uploaded one. */
  readonly configurationVersionId?: string
  readonly source: string
  readonly message?: string | null
  readonly isDestroy?: boolean
  readonly isDry?: boolean
  /** Default: the workspace's own setting. */
  readonly autoApply?: boolean
  readonly refresh?: boolean
  readonly refreshOnly?: boolean
  readonly savePlan?: boolean
  readonly targetAddrs?: readonly string[]
  readonly replaceAddrs?: readonly string[]
  readonly variables?: readonly RunVariableInput[]
  /** User id. */
  readonly createdBy: string | null
}

export interface RunVariableInput {
  readonly key: string
  readonly value: string
  readonly category: 'terraform' | 'shell' | 'env'
  readonly hcl: boolean
  readonly sensitive: boolean
}

/** What the public API may ask for. Every method is one transaction. */
export interface RunEngine {
  /** @returns the id of the run. */
  createRun(input: CreateRunInput): string
  confirm(runId: string, by: string | null): void
  discard(runId: string, by: string | null): void
  /** Lets a run pass whose soft-mandatory policies failed. */
  overridePolicyCheck(
    checkId: string,
    options: { readonly by: string | null; readonly comment: string | null },
  ): void
  /** `unchanged`: it was asked for before (Scalr answers 204). */
  cancel(
    runId: string,
    options: { readonly force: boolean; readonly by: string | null },
  ): 'canceled' | 'unchanged'
  /** Queues a run when the workspace's `auto-queue-runs` says so. @returns its id */
  configurationUploaded(
    configurationVersionId: string,
    run?: { readonly source: string; readonly message: string | null },
  ): string | undefined
  /** Looks at the workspace's queue again: call after a lock, unlock, pool or settings change. */
  workspaceChanged(workspaceId: string): void
  /** The webhook of the pool was changed: what it did not accept is tried again now. */
  poolWebhookChanged(poolId: string): void
  /** A policy group has another bundle, or is gone: looks which bundles no check needs any more. */
  policyBundleReplaced(): void
  /** The agent's rights may have changed: its long-polls look at them again, and end if they are gone. */
  sessionChanged(agentId: string): void
  /** Whether an agent of the pool holds a job. */
  isPoolBusy(poolId: string): boolean
  /** `idle`, `busy`, `errored` or `offline` (no heartbeat for 30 s). */
  agentStatus(agentId: string): 'idle' | 'busy' | 'errored' | 'offline'
  /** Position in the workspace's queue, `null` when it does not wait. */
  positionInQueue(runId: string): number | null
  /** Why a run waits, for people: a lock, another run, no pool, no agent. `null` when it does not. */
  waitingReason(runId: string): string | null
}

/** What the agent API may ask for. */
export interface AgentEngine {
  register(poolId: string, request: RegisterRequest): RegisteredSession
  heartbeat(session: SessionKey, request: HeartbeatRequest): Omit<HeartbeatResponse, 'sessionToken'>
  /** Resolves as soon as a job can be given out, or with an empty list after `waitMs`. */
  acquire(
    session: SessionKey,
    request: SessionPoll & { readonly max: number },
  ): Promise<readonly JobAssignment[]>
  signals(
    session: SessionKey,
    request: SessionPoll & { readonly after: number },
  ): Promise<SignalsResponse>
  start(session: SessionKey, job: JobRef): Promise<JobSpec>
  /** Throws `LEASE_LOST` unless that job is started and the token is the present one (I5). */
  checkJob(job: JobRef): void
  /** Appends to the job's log if `offset` is where it ends; otherwise tells where that is. */
  appendLog(
    job: JobRef,
    offset: number,
    bytes: Uint8Array,
  ): Promise<{ readonly appended: boolean; readonly offset: number }>
  logOffset(job: JobRef): Promise<number>
  openFile(job: JobRef, name: string): Promise<JobFile & { readonly content: Readable }>
  storeFile(
    job: JobRef,
    name: string,
    upload: {
      readonly content: AsyncIterable<unknown>
      readonly bytes: number | undefined
      readonly digest: string
    },
  ): Promise<void>
  finish(job: JobRef, request: FinishJobRequest): Promise<void>
  disconnect(session: SessionKey): void
  /** Throws unless that is the present session of a VCS agent: `SESSION_GONE`, `WRONG_POOL`. */
  checkRelay(session: SessionKey): void
}

export interface SessionPoll {
  readonly waitMs: number
  readonly signal: AbortSignal
  /** Asked each time before something is given out: throws when the session's access was revoked. */
  readonly checkAccess?: () => void
}

export interface SessionKey {
  readonly agentId: string
  readonly sessionId: string
}

export interface JobRef {
  readonly jobId: string
  readonly fencingToken: number
}

export interface RegisteredSession extends SessionKey {
  readonly poolId: string
  readonly found: readonly { readonly jobId: string; readonly decision: 'resume' | 'abandon' }[]
}

/** The heart of the control plane: every change of a run or a job goes through it. */
export interface Engine extends RunEngine, AgentEngine {
  /** Takes up where the last process stopped and starts the reaper. */
  open(): void
  /** One pass of the reaper, as its timer does; for tests. */
  reap(): void
  /** Ends open long-polls and the reaper. */
  close(): Promise<void>
}

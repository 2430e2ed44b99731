import type { Readable } from 'node:stream'

import type { OperationOptions } from '../executor/index.ts'
import type {
  FinishJobRequest,
  HeartbeatRequest,
  HeartbeatResponse,
  JobAssignment,
  JobSpec,
  RegisterRequest,
  RegisterResponse,
  SignalsResponse,
} from '../protocol/index.ts'

/**
 * What an agent asks of a control plane. `HttpControlPlane` speaks the agent protocol; a test or
 * another transport brings its own.
 *
 * Every method retries what may be retried, within the time-outs of its options, and then throws
 * `NetworkError`, `TimeoutError` or `ApiError`. Replies that break the schema throw `ProtocolError`.
 * 401 throws `AuthenticationError` at once.
 */
export interface ControlPlane {
  /** Opens the session. @throws `ApiError` with problem type `nameTaken` when a live agent has the name. */
  register(request: RegisterRequest, options?: OperationOptions): Promise<ControlPlaneSession>
  close(): Promise<void>
}

/** An open session: the calls that the session token allows. */
export interface ControlPlaneSession {
  readonly registration: RegisterResponse
  /** One attempt, no retries inside: the caller's timer is the retry. */
  heartbeat(request: HeartbeatRequest, options?: OperationOptions): Promise<HeartbeatResponse>
  /** Long-poll; resolves with an empty list when nothing came in time. One attempt. */
  acquire(request: AcquireRequest, options?: OperationOptions): Promise<readonly JobAssignment[]>
  /** Long-poll for cancel signals newer than `after`. One attempt. */
  signals(request: SignalsRequest, options?: OperationOptions): Promise<SignalsResponse>
  /**
   * Second half of the two-step accept. Idempotent for the same agent and fencing token: after a crash
   * it is how the secrets, which no journal holds, come back.
   * @throws `ApiError` 409 `leaseLost` when the job is no longer ours or has ended.
   */
  start(
    job: JobKey,
    options?: OperationOptions,
  ): Promise<{ readonly spec: JobSpec; readonly job: ControlPlaneJob }>
  /** Ends the session; best effort. */
  disconnect(options?: OperationOptions): Promise<void>
}

/** Names one attempt at a job: the token grows each time the job is given out. */
export interface JobKey {
  readonly jobId: string
  readonly fencingToken: number
}

/** How many jobs to take, and how long the control plane may wait for the first. */
export interface AcquireRequest {
  readonly max: number
  readonly waitMs: number
}

/** Cancel signals after that cursor, and how long the control plane may wait for the first. */
export interface SignalsRequest {
  readonly after: number
  readonly waitMs: number
}

/** The calls about one started job. Each carries its fencing token; 409 `leaseLost` is final (I5). */
export interface ControlPlaneJob extends JobKey {
  /** Verified while it streams: a wrong digest errors the stream with `ProtocolError`. */
  download(
    name: string,
    expected: { readonly bytes: number; readonly digest: string },
    options?: OperationOptions,
  ): Promise<Readable>
  /** `open` is called again for a retry. */
  upload(name: string, file: UploadSource, options?: OperationOptions): Promise<void>
  /** Appends at `offset` and gives the server's offset, also when the server was elsewhere. One attempt. */
  appendLog(offset: number, bytes: Uint8Array, options?: OperationOptions): Promise<number>
  /** How many bytes of the log the server holds. */
  logOffset(options?: OperationOptions): Promise<number>
  /** Idempotent. Retried for an hour and more. */
  finish(request: Omit<FinishJobRequest, 'fencingToken'>, options?: OperationOptions): Promise<void>
  /** A fresh token, used by the calls that follow; gives when it is due again. */
  refreshToken(options?: OperationOptions): Promise<{ readonly jobTokenExpiresAt: string }>
}

/** A file to upload: `open` is called once for each attempt. */
export interface UploadSource {
  readonly bytes: number
  /** RFC 9530 form. */
  readonly digest: string
  readonly open: () => Readable
}

import { ScalrAgentError } from '../errors/index.ts'
import type { OperationOptions } from '../executor/index.ts'
import {
  checkRequest,
  pathSegment,
  readJson,
  type HttpTransport,
  type RetryPolicy,
} from '../http/index.ts'
import {
  heartbeatRequestSchema,
  heartbeatResponseSchema,
  jobSpecSchema,
  jobsResponseSchema,
  protocolPath,
  signalsResponseSchema,
  startJobRequestSchema,
  type HeartbeatRequest,
  type HeartbeatResponse,
  type JobAssignment,
  type JobSpec,
  type RegisterResponse,
  type SignalsResponse,
} from '../protocol/index.ts'
import type { Clock } from '../runtime/index.ts'
import type {
  AcquireRequest,
  ControlPlaneJob,
  ControlPlaneSession,
  JobKey,
  SignalsRequest,
} from './control-plane.ts'
import { HttpControlPlaneJob } from './http-control-plane-job.ts'
import type { RetryPeriods } from './retry-periods.ts'

/** How much longer than asked a long-poll may take before it counts as dead. */
const longPollSlackMs = 15_000

/** Longest that a heartbeat may take: the next is due soon, and the lease runs. */
const heartbeatTimeoutMs = 10_000

/** A session over HTTP. The token is replaced whenever a heartbeat brings another. */
export class HttpControlPlaneSession implements ControlPlaneSession {
  readonly #transport: HttpTransport
  readonly #registration: RegisterResponse
  readonly #periods: RetryPeriods
  readonly #clock: Clock
  readonly #current: () => HttpControlPlaneSession
  #token: string

  constructor(options: {
    readonly transport: HttpTransport
    readonly registration: RegisterResponse
    readonly periods: RetryPeriods
    readonly clock: Clock
    /** The open session: this one, or the one that was registered after it. */
    readonly current: () => HttpControlPlaneSession
  }) {
    this.#transport = options.transport
    this.#current = options.current
    this.#periods = options.periods
    this.#clock = options.clock
    this.#token = options.registration.sessionToken
    // Not enumerable, so that inspecting or serialising a registration shows no token (I12).
    this.#registration = Object.defineProperty({ ...options.registration }, 'sessionToken', {
      enumerable: false,
    })
  }

  get registration(): RegisterResponse {
    return this.#registration
  }

  /** The token of this moment, for the calls of the relay. A method, so that nothing shows it by accident. */
  sessionToken(): string {
    return this.#token
  }

  async heartbeat(
    request: HeartbeatRequest,
    options: OperationOptions = {},
  ): Promise<HeartbeatResponse> {
    const doing = 'send the heartbeat'
    const body = checkRequest(doing, heartbeatRequestSchema, request)
    const response = await this.#transport.send({
      doing,
      method: 'POST',
      path: `${protocolPath}/sessions/self/heartbeat`,
      token: () => this.#token,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      headersTimeoutMs: heartbeatTimeoutMs,
      bodyTimeoutMs: heartbeatTimeoutMs,
      signal: options.signal,
      read: (answer) => readJson(answer, heartbeatResponseSchema),
    })
    const { sessionToken, ...rest } = response
    if (sessionToken !== undefined) this.#token = sessionToken
    return rest
  }

  async acquire(
    request: AcquireRequest,
    options: OperationOptions = {},
  ): Promise<readonly JobAssignment[]> {
    const { jobs } = await this.#transport.send({
      doing: 'ask for jobs',
      method: 'GET',
      path: `${protocolPath}/sessions/self/jobs`,
      query: { wait: Math.ceil(request.waitMs / 1000), max: request.max },
      token: () => this.#token,
      headersTimeoutMs: request.waitMs + longPollSlackMs,
      signal: options.signal,
      read: (answer) => readJson(answer, jobsResponseSchema),
    })
    return jobs
  }

  async signals(request: SignalsRequest, options: OperationOptions = {}): Promise<SignalsResponse> {
    return await this.#transport.send({
      doing: 'ask for cancel signals',
      method: 'GET',
      path: `${protocolPath}/sessions/self/signals`,
      query: { wait: Math.ceil(request.waitMs / 1000), after: request.after },
      token: () => this.#token,
      headersTimeoutMs: request.waitMs + longPollSlackMs,
      signal: options.signal,
      read: (answer) => readJson(answer, signalsResponseSchema),
    })
  }

  async start(
    job: JobKey,
    options: OperationOptions = {},
  ): Promise<{ readonly spec: JobSpec; readonly job: ControlPlaneJob }> {
    const spec = await this.#start(job, { forMs: this.#periods.startMs }, options)
    const controlPlaneJob = new HttpControlPlaneJob({
      transport: this.#transport,
      spec,
      periods: this.#periods,
      clock: this.#clock,
      // `start` is idempotent: it also gives a token anew when the present one has expired.
      restart: (operation) =>
        this.#current().#start(job, { forMs: this.#periods.startMs }, operation),
    })
    return { spec, job: controlPlaneJob }
  }

  async disconnect(options: OperationOptions = {}): Promise<void> {
    try {
      await this.#transport.send({
        doing: 'end the session',
        method: 'DELETE',
        path: `${protocolPath}/sessions/self`,
        token: () => this.#token,
        headersTimeoutMs: 5000,
        retry: { forMs: this.#periods.disconnectMs },
        signal: options.signal,
        read: async (answer) => void answer.body.resume(),
      })
    } catch (error) {
      // Without it the control plane notices by the missing heartbeats.
      if (!ScalrAgentError.isInstance(error)) throw error
    }
  }

  async #start(job: JobKey, retry: RetryPolicy, options: OperationOptions): Promise<JobSpec> {
    const doing = `start the job ${job.jobId}`
    const body = checkRequest(doing, startJobRequestSchema, { fencingToken: job.fencingToken })
    return await this.#transport.send({
      doing,
      method: 'POST',
      path: `${protocolPath}/jobs/${pathSegment(job.jobId, 'the id of a job')}/start`,
      token: () => this.#token,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      retry,
      signal: options.signal,
      read: (answer) => readJson(answer, jobSpecSchema),
    })
  }
}

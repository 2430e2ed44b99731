import type { Readable } from 'node:stream'

import { ApiError, AuthenticationError, ProtocolError } from '../errors/index.ts'
import type { OperationOptions } from '../executor/index.ts'
import {
  abandon,
  checkRequest,
  pathSegment,
  readJson,
  sha256Of,
  type HttpAnswer,
  type HttpCall,
  type HttpTransport,
} from '../http/index.ts'
import {
  finishJobRequestSchema,
  finishJobResponseSchema,
  jobTokenRequestSchema,
  jobTokenResponseSchema,
  logOffsetResponseSchema,
  problemTypes,
  protocolHeaders,
  protocolPath,
  type FinishJobRequest,
  type JobSpec,
  type JobTokenResponse,
} from '../protocol/index.ts'
import type { Clock } from '../runtime/index.ts'
import type { ControlPlaneJob, UploadSource } from './control-plane.ts'
import { JobToken } from './job-token.ts'
import type { RetryPeriods } from './retry-periods.ts'
import { verifiedDownload } from './verified-download.ts'

type JobCall<T> = Omit<HttpCall<T>, 'token' | 'path' | 'doing'> & {
  /** Completes `Cannot … of the job <id>`. */
  readonly doing: string
  /** Below `/jobs/<id>`. */
  readonly path: string
}

/** The server works through what it got before it answers. */
const uploadTimeoutMs = 120_000

/** The calls about one started job over HTTP, each with its fencing token (I5). */
export class HttpControlPlaneJob implements ControlPlaneJob {
  readonly jobId: string
  readonly fencingToken: number
  readonly #transport: HttpTransport
  readonly #periods: RetryPeriods
  readonly #token: JobToken
  readonly #restart: (options: OperationOptions) => Promise<JobTokenResponse>

  constructor(options: {
    readonly transport: HttpTransport
    readonly spec: Pick<JobSpec, 'jobId' | 'fencingToken' | 'jobToken' | 'jobTokenExpiresAt'>
    readonly periods: RetryPeriods
    readonly clock: Clock
    /** Gets a token by way of the session, for when the job's own has expired. */
    readonly restart: (options: OperationOptions) => Promise<JobTokenResponse>
  }) {
    this.jobId = options.spec.jobId
    this.fencingToken = options.spec.fencingToken
    this.#transport = options.transport
    this.#periods = options.periods
    this.#restart = options.restart
    this.#token = new JobToken({
      token: options.spec,
      clock: options.clock,
      renew: () => this.#renew({ forMs: 0 }, {}),
    })
  }

  async download(
    name: string,
    expected: { readonly bytes: number; readonly digest: string },
    options: OperationOptions = {},
  ): Promise<Readable> {
    const open = (): Promise<HttpAnswer> =>
      this.#call({
        doing: `download the file '${name}'`,
        method: 'GET',
        path: `/files/${pathSegment(name, 'the name of a file')}`,
        headers: { accept: 'application/octet-stream' },
        retry: { forMs: this.#periods.filesMs },
        signal: options.signal,
        read: async (answer) => {
          const declared = sha256Of(answer.header(protocolHeaders.reprDigest))
          if (declared !== undefined && declared !== expected.digest) {
            abandon(answer.body)
            throw new ProtocolError(
              `${answer.subject}: the control plane now declares ${declared}, but the job was given out with ${expected.digest}.`,
              { code: 'DIGEST_MISMATCH' },
            )
          }
          return answer
        },
      })
    return verifiedDownload({ answer: await open(), reopen: open, expected })
  }

  async upload(name: string, file: UploadSource, options: OperationOptions = {}): Promise<void> {
    await this.#call({
      doing: `upload the file '${name}'`,
      method: 'PUT',
      path: `/files/${pathSegment(name, 'the name of a file')}`,
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(file.bytes),
        [protocolHeaders.reprDigest]: file.digest,
      },
      body: file.open,
      headersTimeoutMs: uploadTimeoutMs,
      retry: { forMs: this.#periods.filesMs, persistent: true },
      signal: options.signal,
      read: drain,
    })
  }

  async appendLog(
    offset: number,
    bytes: Uint8Array,
    options: OperationOptions = {},
  ): Promise<number> {
    return await this.#call({
      doing: 'append to the log',
      method: 'PATCH',
      path: '/log',
      headers: {
        'content-type': 'application/octet-stream',
        [protocolHeaders.uploadOffset]: String(offset),
      },
      body: bytes,
      accept: [409],
      signal: options.signal,
      read: async (answer) => {
        if (answer.status !== 409) return (await readJson(answer, logOffsetResponseSchema)).offset
        const refused = await this.#transport.readError(answer)
        if (refused.offset === undefined) throw refused.error
        return refused.offset
      },
    })
  }

  async logOffset(options: OperationOptions = {}): Promise<number> {
    return await this.#call({
      doing: 'ask for the length of the log',
      method: 'HEAD',
      path: '/log',
      retry: { forMs: this.#periods.logOffsetMs },
      accept: [409],
      signal: options.signal,
      read: async (answer) => {
        if (answer.status === 409) {
          // An answer to HEAD has no body to say so, but nothing else is refused with 409 here.
          const { error } = await this.#transport.readError(answer)
          const { message, method, path, status } = error
          throw new ApiError(message, { method, path, status, problemType: problemTypes.leaseLost })
        }
        await drain(answer)
        const value = answer.header(protocolHeaders.uploadOffset) ?? ''
        if (/^\d{1,15}$/u.test(value)) return Number(value)
        throw new ProtocolError(
          `${answer.subject}: the answer breaks the protocol: header ${protocolHeaders.uploadOffset} is no number of bytes.`,
        )
      },
    })
  }

  async finish(
    request: Omit<FinishJobRequest, 'fencingToken'>,
    options: OperationOptions = {},
  ): Promise<void> {
    const body = checkRequest(`report the end of the job ${this.jobId}`, finishJobRequestSchema, {
      ...request,
      fencingToken: this.fencingToken,
    })
    await this.#call({
      doing: 'report the end',
      method: 'POST',
      path: '/finish',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      // The control plane compares the whole log's digest first.
      headersTimeoutMs: uploadTimeoutMs,
      retry: { forMs: this.#periods.finishMs, persistent: true },
      signal: options.signal,
      read: (answer) => readJson(answer, finishJobResponseSchema),
    })
  }

  async refreshToken(
    options: OperationOptions = {},
  ): Promise<{ readonly jobTokenExpiresAt: string }> {
    const { jobTokenExpiresAt } = await this.#renew({ forMs: this.#periods.tokenMs }, options)
    return { jobTokenExpiresAt }
  }

  async #renew(
    retry: { readonly forMs: number },
    options: OperationOptions,
  ): Promise<JobTokenResponse> {
    const body = jobTokenRequestSchema.parse({ fencingToken: this.fencingToken })
    const token = await this.#send({
      doing: 'renew the token',
      method: 'POST',
      path: '/token',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      retry,
      signal: options.signal,
      read: (answer) => readJson(answer, jobTokenResponseSchema),
    })
    this.#token.replace(token)
    return token
  }

  /** A call that renews the token when it is due, and gets another one when it was too late. */
  async #call<T>(call: JobCall<T>): Promise<T> {
    this.#token.touch()
    try {
      return await this.#send(call)
    } catch (error) {
      if (!(error instanceof AuthenticationError) || error.status !== 401) throw error
      await this.#restartToken(error, call.signal)
      return await this.#send(call)
    }
  }

  /** The agent slept or was cut off for longer than a token lives: the session can still get a new one. */
  async #restartToken(
    refused: AuthenticationError,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    try {
      this.#token.replace(await this.#restart({ signal }))
    } catch (error) {
      // A refused session token says nothing about the job: then the first refusal is the better news.
      throw error instanceof AuthenticationError ? refused : error
    }
  }

  #send<T>(call: JobCall<T>): Promise<T> {
    return this.#transport.send({
      ...call,
      doing: `${call.doing} of the job ${this.jobId}`,
      path: `${protocolPath}/jobs/${pathSegment(this.jobId, 'the id of a job')}${call.path}`,
      token: () => this.#token.value,
      headers: { ...call.headers, [protocolHeaders.fencingToken]: String(this.fencingToken) },
    })
  }
}

/** Reads what is not needed, so that the connection can be used again. */
async function drain(answer: HttpAnswer): Promise<void> {
  for await (const _ of answer.body);
}

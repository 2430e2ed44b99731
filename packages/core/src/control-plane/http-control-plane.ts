import type { Dispatcher } from 'undici'

import { ApiError, ProtocolError } from '../errors/index.ts'
import type { OperationOptions } from '../executor/index.ts'
import {
  checkRequest,
  HttpTransport,
  readJson,
  readTokenPayload,
  type ConnectionOptions,
  type RetryEvent,
  type RetryTiming,
} from '../http/index.ts'
import {
  problemTypes,
  protocolPath,
  protocolVersion,
  registerRequestSchema,
  registerResponseSchema,
  type RegisterRequest,
} from '../protocol/index.ts'
import { systemClock, type Clock, type IdSource } from '../runtime/index.ts'
import type { ControlPlane } from './control-plane.ts'
import { HttpControlPlaneSession } from './http-control-plane-session.ts'
import { defaultRetryPeriods, type RetryPeriods } from './retry-periods.ts'

/** Where the control plane is, and how to speak to it. */
export interface HttpControlPlaneOptions {
  /** HTTPS; plain HTTP for this machine alone. */
  readonly url: string | URL
  /** Token of the agent pool. Registers, and nothing else. */
  readonly token: string
  /** CA, proxies and connect time-out. */
  readonly connection?: ConnectionOptions | undefined
  /** Made by `createDispatcher` and closed by the caller; instead of `connection`. */
  readonly dispatcher?: Dispatcher | undefined
  readonly userAgent?: string | undefined
  readonly retryPeriods?: Partial<RetryPeriods> | undefined
  readonly retryTiming?: RetryTiming | undefined
  /** Told before each wait for another attempt. */
  readonly onRetry?: ((event: RetryEvent) => void) | undefined
  readonly clock?: Clock | undefined
  readonly random?: (() => number) | undefined
  readonly ids?: IdSource | undefined
}

/**
 * The agent protocol over HTTPS. Long-polls have connections of their own; every reply is checked
 * against the protocol's schemas before anybody acts on it.
 *
 * @example
 * ```ts
 * await using controlPlane = new HttpControlPlane({ url: 'https://scalr.example.com', token })
 * const session = await controlPlane.register(request)
 * ```
 */
export class HttpControlPlane implements ControlPlane, AsyncDisposable {
  readonly #transport: HttpTransport
  readonly #token: string
  readonly #periods: RetryPeriods
  readonly #clock: Clock
  #session: HttpControlPlaneSession | undefined

  /** @throws `ConfigurationError` for an insecure or broken URL, a malformed token, a broken CA or proxy */
  constructor(options: HttpControlPlaneOptions) {
    const { url, token, retryPeriods, ...rest } = options
    readTokenPayload(token)
    this.#token = token
    this.#periods = { ...defaultRetryPeriods, ...retryPeriods }
    this.#clock = options.clock ?? systemClock
    this.#transport = new HttpTransport({
      ...rest,
      baseUrl: url,
      server: 'the control plane',
      tokenAdvice:
        'Create a new token in the agent pool, set SCALR_AGENT_TOKEN to it and start the agent again.',
    })
  }

  async register(
    request: RegisterRequest,
    options: OperationOptions = {},
  ): Promise<HttpControlPlaneSession> {
    const doing = `register the agent '${request.name}'`
    const body = checkRequest(doing, registerRequestSchema, request)
    const registration = await this.#transport
      .send({
        doing,
        method: 'POST',
        path: `${protocolPath}/sessions`,
        token: () => this.#token,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        retry: { forMs: this.#periods.registerMs },
        signal: options.signal,
        read: (answer) => readJson(answer, registerResponseSchema),
      })
      .catch((error: unknown) => {
        throw this.#explainVersion(error, request) ?? error
      })
    if (
      registration.protocolVersion !== protocolVersion ||
      !request.protocolVersions.includes(registration.protocolVersion)
    ) {
      throw new ProtocolError(
        `Cannot ${doing}: the control plane at ${this.#transport.baseUrl.origin} chose version ${registration.protocolVersion} of the agent protocol, which was not offered (${request.protocolVersions.join(', ')}). Update the agent or the control plane.`,
        { code: 'VERSION' },
      )
    }
    const session: HttpControlPlaneSession = new HttpControlPlaneSession({
      transport: this.#transport,
      registration,
      periods: this.#periods,
      clock: this.#clock,
      current: () => this.#session ?? session,
    })
    this.#session = session
    return session
  }

  /** Ends every call that is under way. */
  async close(): Promise<void> {
    await this.#transport.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** An answer of something that does not speak our version of the protocol, or no protocol at all. */
  #explainVersion(error: unknown, request: RegisterRequest): ProtocolError | undefined {
    if (!(error instanceof ApiError)) return undefined
    const ours = request.protocolVersions.join(', ')
    if (error.status === 426 || error.problemType === problemTypes.versionUnsupported) {
      return new ProtocolError(
        `${error.message} This agent speaks version ${ours} of the agent protocol: update the agent or the control plane, so that both speak one.`,
        { code: 'VERSION', cause: error },
      )
    }
    const isForeign = error.problemType === undefined
    if (isForeign && (error.status === 404 || error.status === 405 || error.status === 410)) {
      return new ProtocolError(
        `${error.message} No control plane with version ${ours} of the agent protocol answers there. Check the URL; the public API of scalr.io does not serve this protocol.`,
        { code: 'VERSION', cause: error },
      )
    }
    return undefined
  }
}

import { Readable } from 'node:stream'

import type { Dispatcher } from 'undici'

import { ApiError, NetworkError, TimeoutError } from '../errors/index.ts'
import { protocolHeaders } from '../protocol/index.ts'
import { randomId, systemClock, type Clock, type IdSource } from '../runtime/index.ts'
import { parseBaseUrl } from './base-url.ts'
import { abandon } from './bounded-body.ts'
import { createDispatcher, type ConnectionOptions } from './dispatcher.ts'
import { readErrorAnswer, type ErrorAnswer } from './error-answer.ts'
import { startTrace, type CallTracer } from './call-trace.ts'
import type { HttpAnswer, HttpCall, HttpMethod, RetryEvent } from './http-call.ts'
import { translateFailure } from './network-failure.ts'
import { isUnprocessedStatus, retryDelayMs, type RetryTiming } from './retry-timing.ts'
import { checkBearerToken } from './token-payload.ts'

export interface HttpTransportOptions {
  readonly baseUrl: string | URL
  /** What answers there, in messages: `the control plane`. */
  readonly server: string
  /** What to do about a refused token, one sentence. */
  readonly tokenAdvice: string
  readonly userAgent?: string | undefined
  /** Made by the transport, and closed with it. */
  readonly connection?: ConnectionOptions | undefined
  /** Of the caller instead, who closes it. */
  readonly dispatcher?: Dispatcher | undefined
  /** Until the answer begins. @default 30_000 */
  readonly headersTimeoutMs?: number | undefined
  /** Between two pieces of the answer. @default 60_000 */
  readonly bodyTimeoutMs?: number | undefined
  readonly retryTiming?: RetryTiming | undefined
  readonly onRetry?: ((event: RetryEvent) => void) | undefined
  /** What to do about an error status, one sentence. */
  readonly advice?: ((status: number) => string | undefined) | undefined
  readonly trace?: CallTracer | undefined
  readonly clock?: Clock | undefined
  /** From 0 to 1, for the jitter. */
  readonly random?: (() => number) | undefined
  readonly ids?: IdSource | undefined
}

const safeMethods: ReadonlySet<HttpMethod> = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH'])

/**
 * Calls to one server. Adds token, idempotency key and time-outs, tries again what may be tried again,
 * follows no redirects, and throws errors of our family only. Holds no token: each call brings its own.
 */
export class HttpTransport implements AsyncDisposable {
  readonly baseUrl: URL
  readonly #options: HttpTransportOptions
  readonly #dispatcher: Dispatcher
  readonly #clock: Clock
  readonly #random: () => number
  readonly #ids: IdSource
  readonly #closing = new AbortController()

  constructor(options: HttpTransportOptions) {
    this.baseUrl = parseBaseUrl(options.baseUrl, options.server)
    this.#options = options
    this.#dispatcher = options.dispatcher ?? createDispatcher(options.connection)
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? Math.random
    this.#ids = options.ids ?? randomId
  }

  /** Makes the call and reads the answer, with retries as its policy says. */
  async send<T>(call: HttpCall<T>): Promise<T> {
    const target = this.#target(call)
    const headers = this.#headers(call)
    const startedMs = this.#clock.monotonicMs()
    for (let attempt = 1; ; attempt += 1) {
      call.signal?.throwIfAborted()
      if (this.#closing.signal.aborted) throw closed(target.subject)
      const failure = await this.#traced(call, target, headers, attempt)
      if (failure.kind === 'answered') return failure.value
      call.signal?.throwIfAborted()
      if (this.#closing.signal.aborted) throw closed(target.subject, failure.error)
      const delayMs = this.#delayMs(call, failure, attempt)
      const elapsedMs = this.#clock.monotonicMs() - startedMs
      if (delayMs === undefined || elapsedMs + delayMs > (call.retry?.forMs ?? 0)) {
        throw failure.error
      }
      this.#options.onRetry?.({
        method: call.method,
        path: target.path,
        attempt,
        delayMs,
        error: failure.error,
      })
      await this.#sleep(delayMs, call.signal, target.subject)
    }
  }

  /** The error of an answer that `accept` let through. */
  readError(answer: HttpAnswer): Promise<ErrorAnswer> {
    const { tokenAdvice, advice } = this.#options
    return readErrorAnswer(answer, { tokenAdvice, advice, now: this.#clock.now() })
  }

  /** Ends every call that is under way, and every wait for another attempt. */
  async close(): Promise<void> {
    this.#closing.abort()
    if (this.#options.dispatcher === undefined) await this.#dispatcher.destroy()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #sleep(ms: number, signal: AbortSignal | undefined, subject: string): Promise<void> {
    const closing = this.#closing.signal
    const signals = signal === undefined ? [closing] : [closing, signal]
    try {
      await this.#clock.sleep(ms, { signal: AbortSignal.any(signals) })
    } catch (error) {
      signal?.throwIfAborted()
      throw closing.aborted ? closed(subject, error) : error
    }
  }

  async #traced<T>(
    call: HttpCall<T>,
    target: Target,
    headers: Readonly<Record<string, string>>,
    attempt: number,
  ): Promise<Attempt<T>> {
    const { trace } = this.#options
    if (trace === undefined) return await this.#attempt(call, target, headers)
    const { method, doing } = call
    const { path, isOurs } = target
    const event = { method, path, doing, attempt, origin: target.url.origin }
    const span = startTrace(trace, event, this.#clock)
    const more = isOurs ? span.headers : {}
    const result = await this.#attempt(call, target, { ...more, ...headers })
    const { kind, status } = result
    span.end({ status, error: kind === 'failed' ? result.error : undefined })
    return result
  }

  async #attempt<T>(
    call: HttpCall<T>,
    target: Target,
    headers: Readonly<Record<string, string>>,
  ): Promise<Attempt<T>> {
    const token = target.isOurs ? call.token?.() : undefined
    const body = typeof call.body === 'function' ? call.body() : call.body
    let answer: HttpAnswer | undefined
    try {
      const data = await this.#dispatcher.request({
        origin: target.url.origin,
        path: `${target.url.pathname}${target.url.search}`,
        method: call.method,
        headers: { ...headers, ...authorization(token) },
        ...(body === undefined ? {} : { body }),
        ...(call.signal === undefined ? {} : { signal: call.signal }),
        headersTimeout: call.headersTimeoutMs ?? this.#options.headersTimeoutMs ?? 30_000,
        bodyTimeout: call.bodyTimeoutMs ?? this.#options.bodyTimeoutMs ?? 60_000,
      })
      answer = toAnswer(call.method, target, data, token)
      const isSuccess = answer.status >= 200 && answer.status < 300
      if (!isSuccess && call.accept?.includes(answer.status) !== true) {
        const { error } = await this.readError(answer)
        const { status } = answer
        return { kind: 'failed', status, error, unsent: isUnprocessedStatus(status) }
      }
      return { kind: 'answered', status: answer.status, value: await call.read(answer) }
    } catch (error) {
      if (answer !== undefined) abandon(answer.body)
      if (body instanceof Readable) abandon(body)
      const { subject } = target
      const failure = translateFailure(error, { subject, host: target.url.host })
      return { kind: 'failed', status: answer?.status, ...failure }
    }
  }

  /** How long to wait before the next attempt; `undefined`: there is none. */
  #delayMs<T>(call: HttpCall<T>, failed: Failed, attempt: number): number | undefined {
    const { error, unsent } = failed
    const retry = call.retry
    if (retry === undefined || retry.forMs <= 0) return undefined
    const isOurs =
      error instanceof NetworkError || error instanceof TimeoutError || error instanceof ApiError
    if (!isOurs) return undefined
    const isWaitedOut = retry.persistent === true && error instanceof NetworkError
    if (!error.retryable && !isWaitedOut) return undefined
    if (retry.when === 'safe' && !unsent && !safeMethods.has(call.method)) return undefined
    return retryDelayMs({
      attempt,
      random: this.#random(),
      retryAfterMs: error instanceof ApiError ? error.retryAfterMs : undefined,
      timing: this.#options.retryTiming,
    })
  }

  #target<T>(call: HttpCall<T>): Target {
    const url =
      call.path instanceof URL
        ? new URL(call.path)
        : new URL(`${this.baseUrl.origin}${this.baseUrl.pathname.replace(/\/$/u, '')}${call.path}`)
    for (const [key, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined) url.searchParams.set(key, String(value))
    }
    const isOurs = url.origin === this.baseUrl.origin
    const path = isOurs ? `${url.pathname}${url.search}` : `${url.origin}${url.pathname}`
    const shown = isOurs ? `${url.origin}${path}` : path
    return { url, path, isOurs, subject: `Cannot ${call.doing} (${call.method} ${shown})` }
  }

  /** The same over all attempts, above all the idempotency key. */
  #headers<T>(call: HttpCall<T>): Readonly<Record<string, string>> {
    return {
      'user-agent': this.#options.userAgent ?? 'scalr-agent-sdk',
      accept: 'application/json',
      ...(call.method === 'POST' ? { [protocolHeaders.idempotencyKey]: this.#ids('idem') } : {}),
      ...call.headers,
    }
  }
}

function closed(subject: string, cause?: unknown): NetworkError {
  return new NetworkError(`${subject}: the client was closed.`, { retryable: false, cause })
}

interface Target {
  readonly url: URL
  readonly path: string
  readonly isOurs: boolean
  readonly subject: string
}

interface Failed {
  readonly kind: 'failed'
  readonly status: number | undefined
  readonly error: unknown
  readonly unsent: boolean
}

type Attempt<T> =
  | Failed
  | { readonly kind: 'answered'; readonly status: number | undefined; readonly value: T }

function authorization(token: string | undefined): Readonly<Record<string, string>> {
  return token === undefined ? {} : { authorization: `Bearer ${checkBearerToken(token)}` }
}

function toAnswer(
  method: HttpMethod,
  target: Target,
  data: Dispatcher.ResponseData,
  token: string | undefined,
): HttpAnswer {
  // Whoever reads the body gets its errors all the same; until then nobody listens.
  data.body.on('error', () => {})
  return {
    method,
    url: target.url,
    path: target.path,
    subject: target.subject,
    status: data.statusCode,
    statusText: data.statusText,
    headers: data.headers,
    body: data.body,
    sentToken: token !== undefined,
    secrets: token === undefined ? [] : [token],
    header(name) {
      const value = data.headers[name]
      return Array.isArray(value) ? value.join(', ') : value
    },
  }
}

import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'

import type { Cluster, ClusterAccess } from '../cluster/cluster.ts'
import { isAway } from '../kubernetes-error.ts'
import { KubeAnswerError, type KubeCall } from './kube-answer-error.ts'
import { KubeSilentError } from './kube-silent-error.ts'
import { reviveDates } from './revive-dates.ts'

/** Longest that the API server may think about a small question: its own limit, and a little. */
const callLimitMs = 65_000
/** Longest that a connection may take to open. */
const connectLimitMs = 15_000
/** Longest answer that is taken into memory. */
const longestAnswerBytes = 64 * 1024 * 1024
/** How long a server that came back may be taken for one that has not yet read its own rules: it may be busy. */
const settlingMs = 60_000

export const userAgent = 'scalr-agent-sdk'

/** One request to the API server. */
export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Path and query, from `/api` on. */
  readonly path: string
  /** For the message, should it fail. */
  readonly call: KubeCall
  readonly body?: unknown
  /** @default 'application/json' */
  readonly contentType?: string
  /** @default 'application/json' */
  readonly accept?: string
}

/** Sends requests with the cluster's credentials of that moment. */
export class KubeHttp {
  readonly cluster: Cluster
  #awayAtMs = Number.NEGATIVE_INFINITY

  constructor(cluster: Cluster) {
    this.cluster = cluster
  }

  /** What the server answered, as an object. @throws {@link KubeAnswerError} and errors of sockets */
  async json(request: KubeRequest, signal: AbortSignal): Promise<unknown> {
    const limit = new AbortController()
    const timer = setTimeout(() => {
      limit.abort(new KubeSilentError(`no answer within ${callLimitMs / 1000} s`))
    }, callLimitMs)
    const either = AbortSignal.any([signal, limit.signal])
    try {
      const text = await readText(await this.open(request, either))
      return reviveDates(JSON.parse(text))
    } catch (error) {
      either.throwIfAborted()
      throw this.noteAway(error)
    } finally {
      clearTimeout(timer)
    }
  }

  /** The answer as a stream, once its status is good. No time limit but the signal's from then on. */
  async open(request: KubeRequest, signal: AbortSignal): Promise<IncomingMessage> {
    return await this.withAccess(signal, async (access) => {
      try {
        return await this.#send(request, access, signal)
      } catch (error) {
        // The server closed a connection that we had kept, in the same moment: nobody read the question.
        if (request.method !== 'GET' || !isStale(error)) throw error
        return await this.#send(request, access, signal)
      }
    })
  }

  /** Runs `work` with the present credentials, and once more when the server wants newer ones. */
  async withAccess<T>(
    signal: AbortSignal,
    work: (access: ClusterAccess) => Promise<T>,
  ): Promise<T> {
    signal.throwIfAborted()
    const access = await this.cluster.access(signal)
    try {
      return await work(access)
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof KubeAnswerError) || error.status !== 401) throw this.noteAway(error)
      const renewed = await this.cluster.renew(access, signal)
      if (renewed === undefined) throw error
      return await work(renewed)
    }
  }

  /** The error of an answer; while the server starts, it knows nobody and allows nothing. */
  answerError(call: KubeCall, response: IncomingMessage, body: string): KubeAnswerError {
    const status = response.statusCode ?? 0
    return new KubeAnswerError(call, {
      status,
      body,
      retryAfter: response.headers['retry-after'],
      isStarting:
        (status === 401 || status === 403) && performance.now() - this.#awayAtMs < settlingMs,
    })
  }

  /** Remembers when the server was away. Gives the error back. */
  noteAway(error: unknown): unknown {
    const isSettling =
      error instanceof KubeAnswerError && (error.isStarting || error.status === 429)
    if (isAway(error) && !isSettling) this.#awayAtMs = performance.now()
    return error
  }

  async #send(
    {
      accept = 'application/json',
      body,
      call,
      contentType = 'application/json',
      ...more
    }: KubeRequest,
    access: ClusterAccess,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const { method, path } = more
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
    const url = new URL(`${this.cluster.server}${path}`)
    const send = url.protocol === 'http:' ? httpRequest : httpsRequest
    const request = send(url, {
      method,
      agent: access.agent,
      signal,
      headers: {
        ...access.headers,
        accept,
        'user-agent': userAgent,
        ...(payload === undefined
          ? {}
          : { 'content-type': contentType, 'content-length': payload.length }),
      },
    })
    limitConnecting(request)
    const response = await answerOf(request, payload)
    const status = response.statusCode ?? 0
    if (status >= 200 && status < 300) return response
    throw this.answerError(call, response, await readText(response, 1024 * 1024))
  }
}

async function answerOf(
  request: ClientRequest,
  payload: Buffer | undefined,
): Promise<IncomingMessage> {
  const answer = Promise.withResolvers<IncomingMessage>()
  request.once('response', answer.resolve)
  request.on('error', (error) => {
    if (request.reusedSocket) staleErrors.add(error)
    answer.reject(error)
  })
  request.end(payload)
  return await answer.promise
}

/** Of connections that were kept from an earlier call. */
const staleErrors = new WeakSet<Error>()

function isStale(error: unknown): boolean {
  if (!(error instanceof Error) || !staleErrors.has(error) || !('code' in error)) return false
  return error.code === 'ECONNRESET' || error.code === 'EPIPE'
}

/** Node has no limit for opening a connection. */
export function limitConnecting(request: ClientRequest): void {
  const timer = setTimeout(() => {
    if (request.socket?.readyState === 'open' && !request.socket.connecting) return
    request.destroy(new KubeSilentError(`no connection within ${connectLimitMs / 1000} s`))
  }, connectLimitMs)
  const clear = (): void => clearTimeout(timer)
  request.once('response', clear)
  request.once('upgrade', clear)
  request.once('close', clear)
}

/** All of a body as text. */
export async function readText(
  response: IncomingMessage,
  limitBytes = longestAnswerBytes,
): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of response) {
    if (!Buffer.isBuffer(part)) continue
    bytes += part.length
    if (bytes > limitBytes) {
      response.destroy()
      throw new Error(`the answer of the API server has more than ${limitBytes} bytes`)
    }
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

import type { Readable } from 'node:stream'

import type { z } from 'zod'

import { ConfigurationError, ProtocolError } from '../errors/index.ts'
import {
  abandon,
  isLoopbackHost,
  readJson,
  streamedBody,
  type HttpAnswer,
  type HttpCall,
  type HttpMethod,
  type HttpTransport,
  type QueryValues,
} from '../http/index.ts'
import type { Clock } from '../runtime/index.ts'
import { jsonApiMediaType } from './json-api.ts'

const maxRedirects = 5
const redirectStatuses = [301, 302, 303, 307, 308]

/** A call of the public API. */
export interface ApiCall {
  readonly doing: string
  readonly method: HttpMethod
  /** Below the API's base. */
  readonly path: string
  readonly query?: QueryValues
  readonly signal?: AbortSignal | undefined
}

export interface DownloadCall extends Omit<ApiCall, 'method'> {
  readonly accept: string
  readonly headers?: Readonly<Record<string, string>>
  /** Statuses beside 200 that are answers: 204, 206, 416. */
  readonly statuses?: readonly number[]
}

/** A JSON body: a document, or the plain object that actions take. */
export interface Body {
  readonly mediaType: typeof jsonApiMediaType | 'application/json'
  readonly value: object
}

/** The conventions of the public API over a transport: media types, retries, redirects, the token. */
export class ScalrApi {
  readonly #transport: HttpTransport
  readonly #token: string
  readonly #retryForMs: number
  /** What helpers that look again and again wait by. */
  readonly clock: Clock

  constructor(options: {
    readonly transport: HttpTransport
    readonly token: string
    readonly retryForMs: number
    readonly clock: Clock
  }) {
    this.#transport = options.transport
    this.#token = options.token
    this.#retryForMs = options.retryForMs
    this.clock = options.clock
  }

  /** A call that is answered with JSON of that schema. */
  async json<Schema extends z.ZodType>(
    call: ApiCall,
    schema: Schema,
    body?: Body,
  ): Promise<{ readonly value: z.output<Schema>; readonly subject: string }> {
    return await this.answered(call, body, async (answer) => ({
      value: await readJson(answer, schema),
      subject: answer.subject,
    }))
  }

  /** A call whose answer has nothing to read; gives the status. */
  async status(call: ApiCall, body?: Body): Promise<number> {
    return await this.answered(call, body, async (answer) => {
      answer.body.resume()
      return answer.status
    })
  }

  /**
   * Follows redirects to temporary links by hand: HTTPS only, and the token goes to the API's own origin
   * alone.
   */
  async download<T>(call: DownloadCall, read: (answer: HttpAnswer) => Promise<T>): Promise<T> {
    let target: string | URL = call.path
    for (let hop = 0; hop <= maxRedirects; hop += 1) {
      const outcome: { readonly value: T } | { readonly location: URL } =
        await this.#transport.send({
          doing: call.doing,
          method: 'GET',
          path: target,
          ...(hop === 0 && call.query !== undefined ? { query: call.query } : {}),
          token: () => this.#token,
          headers: { accept: call.accept, ...call.headers },
          accept: [...redirectStatuses, ...(call.statuses ?? [])],
          retry: { forMs: this.#retryForMs, when: 'safe' },
          signal: call.signal,
          read: async (answer) => {
            if (!redirectStatuses.includes(answer.status)) {
              // What a redirect led to may be a login page, with status 200.
              if (call.accept !== '*/*') refuseWebPage(answer)
              return { value: await read(answer) }
            }
            answer.body.resume()
            return { location: this.#checkLink(answer.header('location'), answer) }
          },
        })
      if ('value' in outcome) return outcome.value
      target = outcome.location
    }
    throw new ProtocolError(`Cannot ${call.doing}: more than ${maxRedirects} redirects in a row.`)
  }

  /** The same, as a stream for the caller. */
  async stream(call: DownloadCall): Promise<Readable> {
    return await this.download(call, async (answer) => streamedBody(answer))
  }

  /** Sends a file to a link that the API gave; redirects by hand, as above. */
  async upload(
    call: Omit<ApiCall, 'path' | 'query'> & { readonly link: string },
    file: { readonly bytes?: number | undefined; readonly body: Uint8Array | (() => Readable) },
  ): Promise<void> {
    const from = { subject: `Cannot ${call.doing}`, url: this.#transport.baseUrl }
    let target = this.#checkLink(call.link, from)
    for (let hop = 0; hop <= maxRedirects; hop += 1) {
      const next: URL | undefined = await this.#transport.send({
        doing: call.doing,
        method: call.method,
        path: target,
        token: () => this.#token,
        headers: {
          'content-type': 'application/octet-stream',
          ...(file.bytes === undefined ? {} : { 'content-length': String(file.bytes) }),
        },
        body: file.body,
        // Only those that keep the method.
        accept: [307, 308],
        headersTimeoutMs: 120_000,
        retry: { forMs: this.#retryForMs, when: 'safe' },
        signal: call.signal,
        read: async (answer) => {
          answer.body.resume()
          if (answer.status < 300) return undefined
          return this.#checkLink(answer.header('location'), answer)
        },
      })
      if (next === undefined) return
      target = next
    }
    throw new ProtocolError(`Cannot ${call.doing}: more than ${maxRedirects} redirects in a row.`)
  }

  /** A call whose answer is read as its status and headers say. */
  async answered<T>(
    call: ApiCall,
    body: Body | undefined,
    read: (answer: HttpAnswer) => Promise<T>,
  ): Promise<T> {
    const request: HttpCall<T> = {
      doing: call.doing,
      method: call.method,
      path: call.path,
      ...(call.query === undefined ? {} : { query: call.query }),
      token: () => this.#token,
      headers: {
        accept: `${jsonApiMediaType}, application/json;q=0.9, */*;q=0.1`,
        ...(body === undefined ? {} : { 'content-type': body.mediaType }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body.value) }),
      retry: { forMs: this.#retryForMs, when: 'safe' },
      signal: call.signal,
      read,
    }
    return await this.#transport.send(request)
  }

  #checkLink(link: string | undefined, from: { readonly subject: string; readonly url: URL }): URL {
    if (link === undefined || !URL.canParse(link, from.url.href)) {
      throw new ProtocolError(`${from.subject}: the server gave a link that is no URL.`)
    }
    const url = new URL(link, from.url.href)
    const isPlainLoopback =
      url.protocol === 'http:' &&
      isLoopbackHost(url.hostname) &&
      isLoopbackHost(this.#transport.baseUrl.hostname)
    if (url.protocol !== 'https:' && !isPlainLoopback) {
      throw new ConfigurationError(
        `${from.subject}: the server's link leads to ${url.origin}, which is not HTTPS. It was not followed.`,
        { code: 'INSECURE_URL' },
      )
    }
    if (url.username !== '' || url.password !== '') {
      throw new ProtocolError(`${from.subject}: the server's link holds a user name or password.`)
    }
    return url
  }
}

function refuseWebPage(answer: HttpAnswer): void {
  if (!/\bhtml\b/iu.test(answer.header('content-type') ?? '')) return
  abandon(answer.body)
  throw new ProtocolError(
    `${answer.subject}: ${answer.url.host} answered with a web page instead of the file. Check the URL: a login page or a proxy answers there.`,
  )
}

import type { Dispatcher } from 'undici'

import {
  ApiError,
  CacheError,
  NetworkError,
  ProtocolError,
  ScalrAgentError,
} from '../../errors/index.ts'
import { abandon, HttpTransport, isLoopbackHost, type HttpAnswer } from '../../http/index.ts'
import { Backoff, type Clock } from '../../runtime/index.ts'
import type { ToolName } from '../job-caches.ts'
import { parseReleaseUrl } from './release-url.ts'

export interface ReleaseServerOptions {
  readonly tool: ToolName
  readonly baseUrl: string
  /** Of the caller, who closes it. */
  readonly dispatcher: Dispatcher
  readonly clock: Clock
  readonly idleTimeoutMs: number
  readonly random?: (() => number) | undefined
}

/** A file of a release. */
export interface ReleaseRequest<T> {
  /** Below the base URL. */
  readonly path: string
  /** What is wanted, in messages: `terraform 1.11.4`. */
  readonly item: string
  /** Reads the body to its end; called anew for each attempt. */
  readonly read: (answer: HttpAnswer) => Promise<T>
  readonly signal: AbortSignal
}

const maxAttempts = 4
const maxRedirects = 5
const maxRetryAfterMs = 30_000
const redirects = [301, 302, 303, 307, 308]

type Hop<T> =
  | { readonly kind: 'read'; readonly value: T }
  | { readonly kind: 'redirect'; readonly url: URL }

/**
 * Where the releases of a tool lie. Follows redirects to other HTTPS hosts, which get no credentials, and
 * tries again what a busy server or a bad line has spoilt.
 */
export class ReleaseServer {
  readonly #options: ReleaseServerOptions
  readonly #base: URL
  readonly #authorization: string | undefined
  readonly #transport: HttpTransport

  /** @throws `ConfigurationError` for a URL that cannot be used. */
  constructor(options: ReleaseServerOptions) {
    const what = `the releases of ${options.tool}`
    const { url, authorization } = parseReleaseUrl(options.baseUrl, what)
    this.#options = options
    this.#base = url
    this.#authorization = authorization
    this.#transport = new HttpTransport({
      baseUrl: url,
      server: what,
      tokenAdvice: 'Check the user name and password in the base URL.',
      dispatcher: options.dispatcher,
      clock: options.clock,
      headersTimeoutMs: options.idleTimeoutMs,
      bodyTimeoutMs: options.idleTimeoutMs,
    })
  }

  /** The URL of a file, without credentials. */
  url(path: string): string {
    return `${this.#base.origin}${this.#base.pathname.replace(/\/$/u, '')}/${path}`
  }

  /** @throws {@link CacheError} */
  async get<T>(request: ReleaseRequest<T>): Promise<T> {
    const { clock, random } = this.#options
    const backoff = new Backoff({ minMs: 500, maxMs: 8000, ...(random ? { random } : {}) })
    for (let attempt = 1; ; attempt += 1) {
      const progress = { hasBegun: false }
      try {
        return await this.#follow(request, progress)
      } catch (error) {
        request.signal.throwIfAborted()
        if (!isPassing(error) || attempt >= maxAttempts) {
          throw toCacheError(error, request.item, progress.hasBegun)
        }
        const retryAfterMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0
        const waitMs = Math.max(backoff.nextMs(), Math.min(retryAfterMs, maxRetryAfterMs))
        await clock.sleep(waitMs, { signal: request.signal })
      }
    }
  }

  async #follow<T>(request: ReleaseRequest<T>, progress: { hasBegun: boolean }): Promise<T> {
    let url = new URL(this.url(request.path))
    for (let hops = 0; hops <= maxRedirects; hops += 1) {
      const hop = await this.#hop(url, request, progress)
      if (hop.kind === 'read') return hop.value
      url = hop.url
    }
    throw new CacheError(
      `Cannot fetch ${request.item} from ${this.url(request.path)}: it redirects more than ${maxRedirects} times. Check the base URL.`,
      { item: request.item, code: 'REFUSED' },
    )
  }

  #hop<T>(url: URL, request: ReleaseRequest<T>, progress: { hasBegun: boolean }): Promise<Hop<T>> {
    const isOurs = url.origin === this.#base.origin
    return this.#transport.send<Hop<T>>({
      doing: `fetch ${request.item}`,
      method: 'GET',
      path: url,
      headers: {
        accept: '*/*',
        // What is hashed is what the makers publish, not how a server packs it for the way.
        'accept-encoding': 'identity',
        ...(isOurs && this.#authorization ? { authorization: this.#authorization } : {}),
      },
      accept: [...redirects, 401, 403, 404, 410],
      signal: request.signal,
      read: async (answer) => {
        if (answer.status < 300) {
          progress.hasBegun = true
          return { kind: 'read', value: await request.read(answer) }
        }
        abandon(answer.body)
        if (!redirects.includes(answer.status)) throw this.#refusal(answer, request)
        return { kind: 'redirect', url: this.#redirected(answer, request.item) }
      },
    })
  }

  #refusal(answer: HttpAnswer, { item }: ReleaseRequest<unknown>): CacheError {
    const shown = `${answer.url.origin}${answer.url.pathname}`
    if (answer.status === 404 || answer.status === 410) {
      return new CacheError(
        `Cannot fetch ${item}: there is no ${shown} (${answer.status}). Check the version, and whether ${this.#shownBase()} has the releases in their makers' layout.`,
        { item, code: 'NOT_FOUND' },
      )
    }
    return new CacheError(
      `Cannot fetch ${item}: ${answer.url.host} refused ${shown} (${answer.status}). Check that this agent may read ${this.#shownBase()}, and the user name and password in its base URL; some mirrors answer ${answer.status} also for a version that they do not have.`,
      { item, code: 'REFUSED' },
    )
  }

  #redirected(answer: HttpAnswer, item: string): URL {
    const location = answer.header('location')
    const url =
      location !== undefined && URL.canParse(location, answer.url.href)
        ? new URL(location, answer.url)
        : undefined
    const isAllowed =
      url?.protocol === 'https:' ||
      // A mirror on this machine may stay there, but nothing leads from outside into it.
      (url?.protocol === 'http:' && isLoopbackHost(url.hostname) && this.#base.protocol === 'http:')
    if (url === undefined || !isAllowed) {
      const to = url === undefined ? 'nowhere' : `to ${url.protocol}//${url.host}`
      throw new CacheError(
        `Cannot fetch ${item}: ${answer.url.origin}${answer.url.pathname} redirects ${to}, and only HTTPS is followed. Correct the mirror, or set a base URL that needs no redirect.`,
        { item, code: 'REFUSED' },
      )
    }
    url.username = ''
    url.password = ''
    return url
  }

  #shownBase(): string {
    return `${this.#base.origin}${this.#base.pathname.replace(/\/$/u, '')}`
  }
}

/** Whether another attempt may have a better end. */
function isPassing(error: unknown): boolean {
  return ScalrAgentError.isInstance(error) && error.retryable
}

function toCacheError(error: unknown, item: string, hasBegun: boolean): unknown {
  if (error instanceof CacheError || !ScalrAgentError.isInstance(error)) return error
  if (error instanceof ProtocolError) {
    return new CacheError(error.message, { item, code: 'CORRUPT', cause: error })
  }
  if (error instanceof NetworkError && error.code === 'NETWORK' && hasBegun) {
    return new CacheError(
      `${error.message} The file did not arrive whole in ${maxAttempts} attempts; nothing of it was kept.`,
      { item, code: 'CORRUPT', retryable: true, cause: error },
    )
  }
  return new CacheError(error.message, { item, code: 'UNREACHABLE', cause: error })
}

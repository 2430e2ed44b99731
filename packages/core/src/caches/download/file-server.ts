import { rm } from 'node:fs/promises'

import type { Dispatcher } from 'undici'
import type { z } from 'zod'

import { ApiError, CacheError } from '../../errors/index.ts'
import {
  abandon,
  HttpTransport,
  isLoopbackHost,
  readBounded,
  readJson,
  type HttpAnswer,
} from '../../http/index.ts'
import { Backoff, type Clock } from '../../runtime/index.ts'
import { downloadError, isPassing } from './download-error.ts'
import { saveStream, tooLarge, type SavedFile } from './save-stream.ts'

/** How files are fetched, whatever the server. */
export interface DownloadOptions {
  /** Of the caller, who closes it. */
  readonly dispatcher: Dispatcher
  readonly clock: Clock
  /** How long a server may stay silent. */
  readonly idleTimeoutMs: number
  /** @default 4 */
  readonly maxAttempts?: number | undefined
  readonly random?: (() => number) | undefined
}

export interface FileServerOptions extends DownloadOptions {
  /** Without user name and password. */
  readonly baseUrl: URL
  /** In messages: `the releases of tofu`. */
  readonly name: string
  /** Value of the `Authorization` header. Sent to this origin alone. */
  readonly authorization?: string | undefined
  /** The same as a bearer token. */
  readonly token?: string | undefined
  /** What to do about a 401 or 403, one sentence. */
  readonly refusalAdvice: string
  /** What to do about a 404, one sentence. */
  readonly missingAdvice: string
}

/** A file that is wanted. */
export interface WantedFile {
  readonly url: URL
  /** What it is, in messages: `terraform 1.11.4`. */
  readonly item: string
  /** Completes `Cannot …`. @default `fetch <item>` */
  readonly doing?: string | undefined
  readonly signal: AbortSignal
}

const defaultMaxAttempts = 4
const maxRedirects = 5
const maxRetryAfterMs = 30_000
const maxDocumentBytes = 4 * 1024 ** 2
const redirects = [301, 302, 303, 307, 308]

type Hop<T> =
  | { readonly kind: 'read'; readonly value: T }
  | { readonly kind: 'redirect'; readonly url: URL }

type Read<T> = (answer: HttpAnswer) => Promise<T>

/**
 * Where files of caches come from. Follows redirects to other HTTPS hosts, which get no credentials, and
 * tries again what a busy server or a bad line has spoilt. All of it throws {@link CacheError}; what is
 * not there (404, 410) is `NOT_FOUND`.
 */
export class FileServer {
  readonly #options: FileServerOptions
  readonly #transport: HttpTransport

  constructor(options: FileServerOptions) {
    this.#options = options
    this.#transport = new HttpTransport({
      baseUrl: options.baseUrl,
      server: options.name,
      tokenAdvice: options.refusalAdvice,
      dispatcher: options.dispatcher,
      clock: options.clock,
      headersTimeoutMs: options.idleTimeoutMs,
      bodyTimeoutMs: options.idleTimeoutMs,
    })
  }

  /** The URL of a file below the base URL, without credentials. */
  url(path: string): URL {
    const { origin, pathname } = this.#options.baseUrl
    return new URL(`${origin}${pathname.replace(/\/$/u, '')}/${path}`)
  }

  /** A JSON document, and the URL that it came from in the end. */
  json<Schema extends z.ZodType>(
    wanted: WantedFile,
    schema: Schema,
  ): Promise<{ readonly value: z.output<Schema>; readonly url: URL }> {
    return this.#get(wanted, async (answer) => ({
      value: await readJson(answer, schema, maxDocumentBytes),
      url: answer.url,
    }))
  }

  /** A small file. */
  bytes(wanted: WantedFile): Promise<Buffer> {
    return this.#get(wanted, (answer) =>
      readBounded(answer.body, maxDocumentBytes, {
        subject: answer.subject,
        contentLength: answer.header('content-length'),
      }),
    )
  }

  /** Streams a file to a path of this agent alone, durably. What an earlier attempt left there is replaced. */
  save(
    wanted: WantedFile,
    file: { readonly path: string; readonly maxBytes: number; readonly mode?: number },
  ): Promise<SavedFile> {
    const { item, url } = wanted
    const limit = { item, source: shown(url), maxBytes: file.maxBytes }
    return this.#get(wanted, async (answer) => {
      if (Number(answer.header('content-length') ?? 0) > limit.maxBytes) {
        abandon(answer.body)
        throw tooLarge(limit)
      }
      await rm(file.path, { force: true })
      return saveStream(() => answer.body, {
        ...limit,
        path: file.path,
        mode: file.mode ?? 0o600,
      })
    })
  }

  async #get<T>(wanted: WantedFile, read: Read<T>): Promise<T> {
    const { clock, random, maxAttempts = defaultMaxAttempts } = this.#options
    const backoff = new Backoff({ minMs: 500, maxMs: 8000, ...(random ? { random } : {}) })
    for (let attempt = 1; ; attempt += 1) {
      const progress = { hasBegun: false }
      try {
        return await this.#follow(wanted, read, progress)
      } catch (error) {
        wanted.signal.throwIfAborted()
        if (!isPassing(error) || attempt >= maxAttempts) {
          throw downloadError(error, wanted.item, progress.hasBegun ? attempt : undefined)
        }
        const retryAfterMs = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0
        const waitMs = Math.max(backoff.nextMs(), Math.min(retryAfterMs, maxRetryAfterMs))
        await clock.sleep(waitMs, { signal: wanted.signal })
      }
    }
  }

  async #follow<T>(wanted: WantedFile, read: Read<T>, progress: { hasBegun: boolean }): Promise<T> {
    let url = this.#checked(wanted.url, wanted, 'is offered at')
    for (let hops = 0; hops <= maxRedirects; hops += 1) {
      const hop = await this.#hop(url, wanted, read, progress)
      if (hop.kind === 'read') return hop.value
      url = hop.url
    }
    throw new CacheError(
      `Cannot ${doingOf(wanted)} from ${shown(wanted.url)}: it redirects more than ${maxRedirects} times. Check the base URL.`,
      { item: wanted.item, code: 'REFUSED' },
    )
  }

  #hop<T>(
    url: URL,
    wanted: WantedFile,
    read: Read<T>,
    progress: { hasBegun: boolean },
  ): Promise<Hop<T>> {
    const { baseUrl, authorization, token } = this.#options
    const isOurs = url.origin === baseUrl.origin
    return this.#transport.send<Hop<T>>({
      doing: doingOf(wanted),
      method: 'GET',
      path: url,
      headers: {
        accept: 'application/json, */*',
        // What is hashed is what was published, not how a server packs it for the way.
        'accept-encoding': 'identity',
        ...(isOurs && authorization !== undefined ? { authorization } : {}),
      },
      ...(token === undefined ? {} : { token: () => token }),
      accept: [...redirects, 401, 403, 404, 410],
      signal: wanted.signal,
      read: async (answer) => {
        if (answer.status < 300) {
          progress.hasBegun = true
          return { kind: 'read', value: await read(answer) }
        }
        abandon(answer.body)
        if (!redirects.includes(answer.status)) throw this.#refusal(answer, wanted)
        const location = answer.header('location') ?? ''
        const target = URL.canParse(location, answer.url.href)
          ? new URL(location, answer.url)
          : undefined
        return { kind: 'redirect', url: this.#checked(target, wanted, 'redirects to') }
      },
    })
  }

  #refusal(answer: HttpAnswer, wanted: WantedFile): CacheError {
    const { item } = wanted
    const doing = doingOf(wanted)
    const { status, url } = answer
    if (status === 404 || status === 410) {
      return new CacheError(
        `Cannot ${doing}: there is no ${shown(url)} (${status}). ${this.#options.missingAdvice}`,
        { item, code: 'NOT_FOUND' },
      )
    }
    return new CacheError(
      `Cannot ${doing}: ${url.host} refused ${shown(url)} (${status}). ${this.#options.refusalAdvice}`,
      { item, code: 'REFUSED' },
    )
  }

  #checked(target: URL | undefined, wanted: WantedFile, how: string): URL {
    const isAllowed =
      target?.protocol === 'https:' ||
      // A mirror on this machine may stay there, but nothing leads from outside into it.
      (target?.protocol === 'http:' &&
        isLoopbackHost(target.hostname) &&
        this.#options.baseUrl.protocol === 'http:')
    if (target === undefined || !isAllowed) {
      const to = target === undefined ? 'nowhere' : `${target.protocol}//${target.host}`
      throw new CacheError(
        `Cannot ${doingOf(wanted)}: ${shown(wanted.url)} ${how} ${to}, and only HTTPS is followed. Correct the mirror, or set a base URL that needs no redirect.`,
        { item: wanted.item, code: 'REFUSED' },
      )
    }
    const url = new URL(target)
    url.username = ''
    url.password = ''
    return url
  }
}

function doingOf({ doing, item }: WantedFile): string {
  return doing ?? `fetch ${item}`
}

/** Without query, which may be signed. */
function shown(url: URL): string {
  return `${url.origin}${url.pathname}`
}

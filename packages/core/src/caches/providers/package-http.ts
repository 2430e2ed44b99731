import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'

import type { Dispatcher } from 'undici'
import type { z } from 'zod'

import { ProtocolError } from '../../errors/index.ts'
import {
  abandon,
  HttpTransport,
  isLoopbackHost,
  readBounded,
  readJson,
  translateFailure,
  type HttpAnswer,
} from '../../http/index.ts'
import type { Clock } from '../../runtime/index.ts'

export interface PackageHttpOptions {
  readonly baseUrl: URL
  /** `the network mirror mirror.example.com` */
  readonly server: string
  readonly token?: string | undefined
  readonly dispatcher: Dispatcher
  readonly clock: Clock
  /** How long a server may stay silent. */
  readonly idleTimeoutMs: number
  /** A server that stumbles is asked again for that long. @default 5 s, then the tool itself may try */
  readonly retryForMs?: number | undefined
}

interface Wanted {
  /** Completes `Cannot …`. */
  readonly doing: string
  readonly url: URL
  readonly signal: AbortSignal
}

const redirects: readonly number[] = [301, 302, 303, 307, 308]
const maxRedirects = 5
const maxDocumentBytes = 4 * 1024 ** 2
/** The largest real archives have under 300 MiB. */
const maxArchiveBytes = 2 * 1024 ** 3

/**
 * Calls to a mirror or registry. Redirects are followed, as registries send archives from elsewhere, but
 * never to plain HTTP; the token goes to the source's own origin alone.
 */
export class PackageHttp {
  readonly #options: PackageHttpOptions
  readonly #transport: HttpTransport

  constructor(options: PackageHttpOptions) {
    this.#options = options
    this.#transport = new HttpTransport({
      baseUrl: options.baseUrl.origin,
      server: options.server,
      tokenAdvice: `Check the token of ${options.server}.`,
      dispatcher: options.dispatcher,
      clock: options.clock,
      headersTimeoutMs: options.idleTimeoutMs,
      bodyTimeoutMs: options.idleTimeoutMs,
    })
  }

  /** A JSON document and the URL it came from in the end; `undefined`: 404. */
  json<Schema extends z.ZodType>(
    wanted: Wanted,
    schema: Schema,
  ): Promise<{ readonly value: z.output<Schema>; readonly url: URL } | undefined> {
    return this.#get(wanted, async (answer) => ({
      value: await readJson(answer, schema, maxDocumentBytes),
      url: answer.url,
    }))
  }

  /** A small file; `undefined`: 404. */
  bytes(wanted: Wanted): Promise<Buffer | undefined> {
    return this.#get(wanted, (answer) =>
      readBounded(answer.body, maxDocumentBytes, {
        subject: answer.subject,
        contentLength: answer.header('content-length'),
      }),
    )
  }

  /** Streams an archive to a file, durably, and returns its SHA-256 in hex; `undefined`: 404. */
  download(wanted: Wanted, path: string): Promise<string | undefined> {
    return this.#get(wanted, async (answer) => {
      const hash = createHash('sha256')
      const file = await open(path, 'w', 0o644)
      try {
        let bytes = 0
        for await (const chunk of bodyOf(answer)) {
          bytes += chunk.byteLength
          if (bytes > maxArchiveBytes) {
            throw new ProtocolError(
              `${answer.subject}: the archive is larger than ${maxArchiveBytes} bytes.`,
              { code: 'TOO_LARGE' },
            )
          }
          hash.update(chunk)
          await file.writeFile(chunk)
        }
        const declared = answer.header('content-length')
        if (declared !== undefined && Number(declared) !== bytes) {
          throw new ProtocolError(
            `${answer.subject}: the archive ended after ${bytes} of ${declared} bytes.`,
            { code: 'DIGEST_MISMATCH' },
          )
        }
        // The umask of the agent must not decide whether a job may read it.
        await file.chmod(0o644)
        await file.sync()
      } finally {
        await file.close()
      }
      return hash.digest('hex')
    })
  }

  async #get<T>(wanted: Wanted, read: (answer: HttpAnswer) => Promise<T>): Promise<T | undefined> {
    let url = checkedUrl(wanted.url, wanted.doing)
    const { token } = this.#options
    for (let hop = 0; hop <= maxRedirects; hop += 1) {
      const step = await this.#transport.send<Step<T>>({
        doing: wanted.doing,
        method: 'GET',
        path: url,
        headers: { accept: 'application/json, */*' },
        accept: [404, ...redirects],
        retry: { forMs: this.#options.retryForMs ?? 5_000 },
        signal: wanted.signal,
        ...(token === undefined ? {} : { token: () => token }),
        read: async (answer) => {
          if (answer.status === 404 || redirects.includes(answer.status)) abandon(answer.body)
          if (answer.status === 404) return { kind: 'missing' }
          if (!redirects.includes(answer.status)) return { kind: 'read', value: await read(answer) }
          return { kind: 'moved', to: answer.header('location') ?? '' }
        },
      })
      if (step.kind === 'missing') return undefined
      if (step.kind === 'read') return step.value
      const next = URL.canParse(step.to, url.href) ? new URL(step.to, url) : undefined
      if (next === undefined) {
        throw new ProtocolError(`Cannot ${wanted.doing}: ${url.host} redirects to no URL.`)
      }
      url = checkedUrl(next, wanted.doing)
    }
    throw new ProtocolError(
      `Cannot ${wanted.doing}: ${wanted.url.host} redirects more than ${maxRedirects} times.`,
    )
  }
}

type Step<T> =
  | { readonly kind: 'missing' }
  | { readonly kind: 'moved'; readonly to: string }
  | { readonly kind: 'read'; readonly value: T }

function checkedUrl(url: URL, doing: string): URL {
  const isSafe =
    url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname))
  if (!isSafe) {
    throw new ProtocolError(
      `Cannot ${doing}: it is offered at ${url.protocol}//${url.host}, not over HTTPS.`,
    )
  }
  return url
}

/** Failures of the network in our words; those of our own disk stay what they are. */
async function* bodyOf(answer: HttpAnswer): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of answer.body) {
      const bytes: Uint8Array = chunk
      yield bytes
    }
  } catch (error) {
    throw translateFailure(error, { subject: answer.subject, host: answer.url.host }).error
  }
}

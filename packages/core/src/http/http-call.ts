import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'

export type HttpMethod = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** Values of a query; `undefined` leaves the key out. */
export type QueryValues = Readonly<Record<string, string | number | boolean | undefined>>

/** How long and when a call is tried again. */
export interface RetryPolicy {
  /** From the first attempt on. 0: one attempt. */
  readonly forMs: number
  /**
   * `any`: the server takes repetitions well (idempotency key, offsets). `safe`: when the server did
   * nothing or the method is idempotent.
   * @default 'any'
   */
  readonly when?: 'any' | 'safe'
  /** Also certificate errors are waited out: for what must not be given up. @default false */
  readonly persistent?: boolean
}

/** One call: what to send, and how to read what comes back. */
export interface HttpCall<T> {
  /** Completes `Cannot …` in messages, e.g. `register the agent`. */
  readonly doing: string
  readonly method: HttpMethod
  /** Below the base URL, each segment already encoded. Or a whole URL; of another origin, it gets no token. */
  readonly path: string | URL
  readonly query?: QueryValues
  readonly token?: (() => string) | undefined
  readonly headers?: Readonly<Record<string, string>>
  /** A stream is opened anew for every attempt. */
  readonly body?: Uint8Array | string | (() => Readable)
  /** Statuses beside 2xx that `read` understands. */
  readonly accept?: readonly number[]
  readonly headersTimeoutMs?: number
  readonly bodyTimeoutMs?: number
  readonly retry?: RetryPolicy
  readonly signal?: AbortSignal | undefined
  /** Must read the body to its end or give it up; its failures count as failures of the attempt. */
  readonly read: (answer: HttpAnswer) => Promise<T>
}

/** An answer whose body has not been read. */
export interface HttpAnswer {
  readonly method: HttpMethod
  readonly url: URL
  /** For messages: no query of another origin, since that may be signed. */
  readonly path: string
  /** `Cannot <do what> (<METHOD> <URL>)`. */
  readonly subject: string
  readonly status: number
  readonly statusText: string
  readonly headers: IncomingHttpHeaders
  readonly body: Readable
  readonly sentToken: boolean
  /** What must not show up in a message. */
  readonly secrets: readonly string[]
  header(name: string): string | undefined
}

/** Told before each wait. */
export interface RetryEvent {
  readonly method: HttpMethod
  readonly path: string
  /** Attempts that have failed, from 1. */
  readonly attempt: number
  readonly delayMs: number
  readonly error: unknown
}

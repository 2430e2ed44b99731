/** A request, whatever server it came by. */
export interface ReceivedRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly header: (name: string) => string | undefined
  /** Who sent it; needed for an allow-list. */
  readonly remoteAddress: string | undefined
  /** Names of the certificate that the sender proved to have. */
  readonly clientNames: readonly string[]
  /** The whole body, or why there is none. */
  readonly readBody: (maxBytes: number) => Promise<Uint8Array | 'too-long' | 'too-slow'>
}

/** What to answer. */
export interface ReceiverAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** An object is JSON. */
  readonly body: object | string
}

/** Answers requests: of webhooks, or of people and their monitors. */
export type Receiver = (request: ReceivedRequest) => Promise<ReceiverAnswer>

export function answer(status: number, body: object): ReceiverAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body }
}

/** RFC 9457. */
export function problem(
  status: number,
  title: string,
  headers: Readonly<Record<string, string>> = {},
): ReceiverAnswer {
  return {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
    body: { title, status },
  }
}

/** The bytes of an answer. */
export function textOf({ body }: ReceiverAnswer): string {
  return typeof body === 'string' ? body : `${JSON.stringify(body)}\n`
}

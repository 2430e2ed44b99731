import { z } from 'zod'

/** A header of a pool's webhook, as it is kept. */
export interface WebhookHeader {
  readonly name: string
  readonly value: string
  /** Its value is never shown again. */
  readonly sensitive: boolean
}

const keptSchema = z.array(
  z.object({ name: z.string(), value: z.string(), sensitive: z.boolean().default(false) }),
)

/** Ours, and those that a connection is made of. */
const reserved: ReadonlySet<string> = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'idempotency-key',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
])

/** Why a header of that name cannot be sent, or `undefined`. */
export function headerNameProblem(name: string): string | undefined {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/u.test(name)) return 'Not a valid header name.'
  return reserved.has(name.toLowerCase()) ? 'This header cannot be set.' : undefined
}

/** Why a value cannot be sent, or `undefined` (RFC 9110, 5.5). */
export function headerValueProblem(value: string): string | undefined {
  if (value.length > 8192) return 'A header value has at most 8192 characters.'
  return /^(?:[!-~](?:[\t -~]*[!-~])?)?$/u.test(value)
    ? undefined
    : 'A header value has visible ASCII characters, with blanks and tabs between them alone.'
}

/** Headers as the database has them; `undefined` where there are none. */
export function readHeaders(json: unknown): readonly WebhookHeader[] | undefined {
  return keptSchema.safeParse(json).data
}

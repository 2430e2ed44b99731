import { createHash, timingSafeEqual } from 'node:crypto'
import { BlockList, isIP } from 'node:net'

import { ConfigurationError } from '../errors/index.ts'
import type { Logger } from '../runtime/index.ts'
import type { ServerlessLauncher } from './serverless-launcher.ts'
import { taskRequestSchema, toTaskRequest } from './task-request.ts'

/** How webhooks are received. */
export interface ReceiverOptions {
  readonly launcher: ServerlessLauncher
  /**
   * A header that the pool's webhook was told to send. Several values while one is being replaced.
   * Without it whoever reaches the receiver can start agents: then mTLS has to keep others out.
   */
  readonly secret?: { readonly header: string; readonly values: readonly string[] } | undefined
  /** Addresses that may call, as `203.0.113.7` or `203.0.113.0/24`. @default all */
  readonly allow?: readonly string[]
  /** @default '/' */
  readonly path?: string
  /** Where `GET` answers with status and tasks, to callers with the secret. @default '/status' */
  readonly statusPath?: string
  /** @default 64 KiB */
  readonly maxBodyBytes?: number
  readonly logger?: Logger
}

/** A request, whatever server it came by. */
export interface ReceivedRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly header: (name: string) => string | undefined
  readonly remoteAddress: string | undefined
  /** The whole body, or why there is none. */
  readonly readBody: (maxBytes: number) => Promise<Uint8Array | 'too-long' | 'too-slow'>
}

/** What to answer. */
export interface ReceiverAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: object
}

export type Receiver = (request: ReceivedRequest) => Promise<ReceiverAnswer>

/** How soon a caller should try again when there is no room. */
const retryAfterSeconds = 30

/**
 * The receiver of a serverless pool's webhooks. Answers at once: 202 when the task is durable, 200 when it was
 * known, 503 with `Retry-After` when the queue is full. Takes any action that Scalr makes up.
 *
 * @throws `ConfigurationError` for a secret without a value, or an address that is none
 */
export function createReceiver(options: ReceiverOptions): Receiver {
  const { launcher, path = '/', statusPath = '/status', maxBodyBytes = 64 * 1024 } = options
  const isAllowed = addressCheck(options.allow)
  const isTrusted = secretCheck(options.secret)
  return async (request) => {
    if (!isAllowed(request.remoteAddress)) return problem(403, 'This address may not call.')
    if (request.path !== path && request.path !== statusPath)
      return problem(404, 'Nothing is here.')
    if (!isTrusted(request)) {
      return problem(401, 'The secret header is missing or wrong.', {
        'www-authenticate': 'Secret',
      })
    }
    if (request.path === statusPath) {
      if (request.method !== 'GET') return problem(405, 'Only GET.', { allow: 'GET' })
      return answer(200, { ...launcher.status(), tasks: launcher.tasks() })
    }
    if (request.method !== 'POST') return problem(405, 'Only POST.', { allow: 'POST' })
    if (!/^application\/(?:[\w.+-]+\+)?json\b/iu.test(request.header('content-type') ?? '')) {
      return problem(415, 'The body has to be application/json.')
    }
    const body = await request.readBody(maxBodyBytes)
    if (body === 'too-long') return problem(413, `The body is longer than ${maxBodyBytes} bytes.`)
    if (body === 'too-slow') return problem(408, 'The body came too slowly.')
    const parsed = taskRequestSchema.safeParse(parseJson(body))
    if (!parsed.success) return problem(400, 'The body is not a task: it needs `task_id`, a text.')
    const key = keyOf(request.header('idempotency-key'), parsed.data.task_id)
    if (key === undefined)
      return problem(400, 'The Idempotency-Key is not 1 to 255 printable characters.')
    const acceptance = await launcher.accept(key, toTaskRequest(parsed.data))
    switch (acceptance.kind) {
      case 'accepted':
        return answer(202, { status: 'accepted', task: key })
      case 'duplicate':
        return answer(200, { status: acceptance.task.state, task: key })
      case 'full':
        return problem(503, 'No room for another task now.', {
          'retry-after': String(retryAfterSeconds),
        })
    }
  }
}

function keyOf(header: string | undefined, taskId: string): string | undefined {
  const key = header ?? taskId
  return /^[\u0020-\u007E]{1,255}$/u.test(key) ? key : undefined
}

function addressCheck(
  allow: readonly string[] | undefined,
): (address: string | undefined) => boolean {
  if (allow === undefined) return () => true
  const list = new BlockList()
  for (const entry of allow) {
    const [address = '', prefix] = entry.split('/')
    const family = isIP(address)
    const bits = prefix === undefined ? undefined : Number(prefix)
    const most = family === 4 ? 32 : 128
    if (
      family === 0 ||
      (bits !== undefined && !(Number.isInteger(bits) && bits >= 0 && bits <= most))
    ) {
      throw new ConfigurationError(
        `Cannot allow ${JSON.stringify(entry)}: name an address such as 203.0.113.7 or 203.0.113.0/24.`,
      )
    }
    const type = family === 4 ? 'ipv4' : 'ipv6'
    if (bits === undefined) list.addAddress(address, type)
    else list.addSubnet(address, bits, type)
  }
  return (address) => {
    // IPv4 on a socket for both.
    const plain = address?.replace(/^::ffff:(?=\d+\.)/u, '')
    const family = plain === undefined ? 0 : isIP(plain)
    return plain !== undefined && family !== 0 && list.check(plain, family === 4 ? 'ipv4' : 'ipv6')
  }
}

/** Compares digests, so that neither length nor content shows in the time that it takes. */
function secretCheck(secret: ReceiverOptions['secret']): (request: ReceivedRequest) => boolean {
  if (secret === undefined) return () => true
  const { header, values } = secret
  if (values.length === 0 || values.some((value) => value.length < 16)) {
    throw new ConfigurationError(
      `Cannot use the secret of the header ${header}: give at least one value of 16 characters or more.`,
    )
  }
  const digests = values.map(digestOf)
  return (request) => {
    const given = digestOf(request.header(header) ?? '')
    // All of them, always.
    return digests.map((digest) => timingSafeEqual(digest, given)).includes(true)
  }
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'))
  } catch {
    return undefined
  }
}

function answer(status: number, body: object): ReceiverAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body }
}

/** RFC 9457. */
function problem(
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

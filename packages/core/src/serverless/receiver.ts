import { silentLogger, type Logger } from '../runtime/index.ts'
import { AddressList } from './address-list.ts'
import {
  answer,
  problem,
  type ReceivedRequest,
  type Receiver,
  type ReceiverAnswer,
} from './answer.ts'
import { secretMatch } from './secret-match.ts'
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
  readonly allow?: readonly string[] | undefined
  /** Names that the caller's certificate may have: common name, DNS name or URI. Needs mTLS. @default all */
  readonly allowNames?: readonly string[] | undefined
  /** @default '/' */
  readonly path?: string | undefined
  /** Where `GET` tells load balancers, without a secret, whether tasks are taken. @default '/healthz' */
  readonly healthPath?: string | undefined
  /** @default 64 KiB */
  readonly maxBodyBytes?: number | undefined
  readonly logger?: Logger | undefined
}

/** How soon a caller should try again when there is no room. */
const retryAfterSeconds = 30

/**
 * The receiver of a serverless pool's webhooks. Answers at once: 202 when the task is durable, 200 when it was
 * known, 503 with `Retry-After` when the queue is full. Takes any action that Scalr makes up.
 *
 * @throws `ConfigurationError` for a secret without a value, or an address that is none
 */
export function createReceiver(options: ReceiverOptions): Receiver {
  const { launcher, path = '/', healthPath = '/healthz', maxBodyBytes = 64 * 1024 } = options
  const logger = options.logger ?? silentLogger
  const check = callerCheck(options)
  return async (request) => {
    if (request.path === healthPath && request.method === 'GET') return health(launcher)
    if (request.path !== path) return problem(404, 'Nothing is here.')
    const refusal = check(request) ?? checkForm(request)
    if (refusal !== undefined) {
      const { method, remoteAddress } = request
      logger.warn({ method, remoteAddress, status: refusal.status }, 'A webhook was refused')
      return refusal
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

function health(launcher: ServerlessLauncher): ReceiverAnswer {
  const { state } = launcher.status()
  return answer(state === 'running' ? 200 : 503, { status: state })
}

/** Who may call, in the order in which it is cheap to find out. */
function callerCheck(
  options: ReceiverOptions,
): (request: ReceivedRequest) => ReceiverAnswer | undefined {
  const { secret, allow, allowNames } = options
  const addresses = allow === undefined ? undefined : new AddressList(allow)
  const isSecret =
    secret === undefined
      ? undefined
      : secretMatch(`the secret of the header ${secret.header}`, secret.values)
  return (request) => {
    if (addresses?.has(request.remoteAddress) === false)
      return problem(403, 'This address may not call.')
    if (allowNames !== undefined && !request.clientNames.some((name) => allowNames.includes(name)))
      return problem(403, 'This certificate may not call.')
    if (isSecret?.(request.header(secret?.header ?? '')) === false) {
      return problem(401, 'The secret header is missing or wrong.', {
        'www-authenticate': 'Secret',
      })
    }
    return undefined
  }
}

function checkForm({ method, header }: ReceivedRequest): ReceiverAnswer | undefined {
  if (method !== 'POST') return problem(405, 'Only POST.', { allow: 'POST' })
  if (!/^application\/(?:[\w.+-]+\+)?json\b/iu.test(header('content-type') ?? ''))
    return problem(415, 'The body has to be application/json.')
  return undefined
}

function keyOf(header: string | undefined, taskId: string): string | undefined {
  const key = header ?? taskId
  return /^[\u0020-\u007E]{1,255}$/u.test(key) ? key : undefined
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'))
  } catch {
    return undefined
  }
}

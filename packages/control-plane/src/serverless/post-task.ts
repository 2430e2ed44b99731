import { STATUS_CODES } from 'node:http'

import { request, type Dispatcher } from 'undici'

import { parseRetryAfter } from '../runtime/index.ts'

/** What a pool's webhook is told of a task. */
export interface AgentTask {
  /** The idempotency key as well. */
  readonly id: string
  /** e.g. `plan`. */
  readonly action: string
  readonly runId: string
  readonly workspaceId: string
  readonly environmentId: string
  /** ISO 8601. */
  readonly createdAt: string
}

/** How a webhook answered. */
export type TaskAnswer =
  | { readonly kind: 'accepted' }
  /** Worth another try soon, and not before what it asked for. */
  | { readonly kind: 'busy'; readonly reason: string; readonly retryAfterMs: number | undefined }
  /** Somebody has to mend something first. */
  | { readonly kind: 'refused'; readonly reason: string }

/** Of an answer no more is read: it is not looked at. */
const mostAnswerBytes = 64 * 1024
const busyStatuses: ReadonlySet<number> = new Set([408, 425, 429])

/**
 * Posts a task to the webhook of its pool. Redirects are not followed: the headers are for that URL alone.
 * Never throws but for `signal`, and never tells a header or more of the URL than its origin.
 */
export async function postTask(
  task: AgentTask,
  options: {
    readonly url: string
    readonly headers: Readonly<Record<string, string>>
    readonly dispatcher: Dispatcher
    readonly timeoutMs: number
    readonly signal: AbortSignal
    /** By which a `Retry-After` that is a date is read. */
    readonly now: () => Date
  },
): Promise<TaskAnswer> {
  const { url, headers, dispatcher, timeoutMs, signal, now } = options
  const { origin } = new URL(url)
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    const answer = await request(url, {
      method: 'POST',
      dispatcher,
      signal: AbortSignal.any([signal, timeout]),
      headers: {
        ...headers,
        'content-type': 'application/json',
        'idempotency-key': task.id,
        'user-agent': 'scalr-agent-sdk',
      },
      body: JSON.stringify({
        task_id: task.id,
        action: task.action,
        run_id: task.runId,
        workspace_id: task.workspaceId,
        environment_id: task.environmentId,
        created_at: task.createdAt,
      }),
    })
    // The status is the answer; what follows it may break off.
    await answer.body.dump({ limit: mostAnswerBytes, signal }).catch(() => signal.throwIfAborted())
    return judge(origin, answer, now())
  } catch (error) {
    signal.throwIfAborted()
    const reason = timeout.aborted ? `no answer within ${timeoutMs / 1000} s` : messageOf(error)
    return {
      kind: 'busy',
      reason: `${origin} cannot be reached: ${reason}`,
      retryAfterMs: undefined,
    }
  }
}

function judge(
  origin: string,
  { statusCode, headers }: Dispatcher.ResponseData,
  now: Date,
): TaskAnswer {
  if (statusCode >= 200 && statusCode < 300) return { kind: 'accepted' }
  const reason = `${origin} answered ${statusCode} ${STATUS_CODES[statusCode] ?? ''}`.trimEnd()
  if (statusCode < 500 && !busyStatuses.has(statusCode)) return { kind: 'refused', reason }
  const asked = [headers['retry-after']].flat()[0]
  return { kind: 'busy', reason, retryAfterMs: parseRetryAfter(asked, now) }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // Of several addresses, each failed.
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0])
  return error.message
}

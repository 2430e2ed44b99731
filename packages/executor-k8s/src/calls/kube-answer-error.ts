import { z } from 'zod'

/** What was asked of the API server, as its own rules (RBAC) name it. */
export interface KubeCall {
  /** e.g. `create`, `list`, `watch`. */
  readonly verb: string
  /** e.g. `jobs.batch`, `pods/exec`. */
  readonly resource: string
  readonly namespace?: string | undefined
  /** Absent where the call is about none in particular. */
  readonly name?: string | undefined
}

const statusSchema = z.looseObject({
  message: z.string().optional().catch(undefined),
  reason: z.string().optional().catch(undefined),
  code: z.number().optional().catch(undefined),
  details: z
    .looseObject({
      retryAfterSeconds: z.number().nonnegative().optional().catch(undefined),
      causes: z
        .array(z.looseObject({ reason: z.string().optional(), message: z.string().optional() }))
        .optional()
        .catch(undefined),
    })
    .optional()
    .catch(undefined),
})
/** The API server's own object for success and failure, as far as we read it. */
export type KubeStatus = z.output<typeof statusSchema>

const longestMessage = 2000
const longestRetryAfterMs = 60_000

/** The API server answered, and said no. */
export class KubeAnswerError extends Error {
  override readonly name = 'KubeAnswerError'
  readonly call: KubeCall
  /** HTTP status. */
  readonly status: number
  /** e.g. `NotFound`, `AlreadyExists`, `Conflict`; empty where the answer was none of Kubernetes' own. */
  readonly reason: string
  /** How long the server wants to be left alone. */
  readonly retryAfterMs: number | undefined
  /** The server was away moments ago: while it starts it knows nobody and allows nothing. */
  readonly isStarting: boolean

  constructor(
    call: KubeCall,
    answer: {
      readonly status: number
      readonly body: string
      readonly retryAfter?: string | undefined
      readonly isStarting?: boolean
    },
  ) {
    const told = parseStatus(answer.body)
    super(oneLine(told?.message ?? answer.body))
    this.call = call
    this.status = answer.status
    this.reason = told?.reason ?? ''
    this.retryAfterMs = retryAfterMs(answer.retryAfter, told)
    this.isStarting = answer.isStarting ?? false
  }
}

/** The `Status` in a body, or `undefined` when it holds something else: a proxy's page, say. */
export function parseStatus(body: string): KubeStatus | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return statusSchema.safeParse(value).data
  } catch {
    return undefined
  }
}

function retryAfterMs(
  header: string | undefined,
  told: KubeStatus | undefined,
): number | undefined {
  const seconds =
    header !== undefined && /^\d{1,6}$/u.test(header)
      ? Number(header)
      : told?.details?.retryAfterSeconds
  return seconds === undefined ? undefined : Math.min(seconds * 1000, longestRetryAfterMs)
}

function oneLine(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim()
  return line === '' ? 'no reason given' : line.slice(0, longestMessage)
}

import { z } from 'zod'

import {
  ApiError,
  AuthenticationError,
  type ApiErrorDetail,
  type ApiErrorOptions,
} from '../errors/index.ts'
import { problemSchema, problemTypes } from '../protocol/index.ts'
import { parseRetryAfter } from '../runtime/index.ts'
import { readBeginning } from './bounded-body.ts'
import type { HttpAnswer } from './http-call.ts'
import { describeShape, redactText } from './redact.ts'

const maxErrorBytes = 64 * 1024

const jsonApiErrorsSchema = z.looseObject({
  errors: z.array(
    z.looseObject({
      title: z.string().nullish(),
      detail: z.string().nullish(),
      source: z
        .looseObject({ pointer: z.string().nullish(), parameter: z.string().nullish() })
        .nullish(),
    }),
  ),
})

/** What the body of an error answer says, in whichever of the known forms. */
interface ErrorBody {
  readonly summary: string
  readonly details: readonly ApiErrorDetail[]
  readonly problemType?: string
  readonly offset?: number
  /** Says itself what to do. */
  readonly isAdvised?: true
}

/** The error, and what {@link ApiError} has no room for. */
export interface ErrorAnswer {
  readonly error: ApiError
  /** The server's offset, of an `offsetMismatch`. */
  readonly offset?: number
}

/** The error that an answer stands for: problem document, JSON:API errors, HTML page or bare status. */
export async function readErrorAnswer(
  answer: HttpAnswer,
  context: {
    readonly tokenAdvice: string
    readonly now: Date
    /** What to do about a status, one sentence. */
    readonly advice?: ((status: number) => string | undefined) | undefined
  },
): Promise<ErrorAnswer> {
  const beginning = await readBeginning(answer.body, maxErrorBytes)
  const body = parseErrorBody(answer, beginning.toString('utf8'))
  // By the server's own clock: this machine's may be wrong.
  const serverNow = dateOf(answer)
  const retryAfterMs = parseRetryAfter(answer.header('retry-after'), serverNow ?? context.now)
  const options: ApiErrorOptions = {
    method: answer.method,
    path: answer.path,
    status: answer.status,
    details: body.details,
    ...(body.problemType === undefined ? {} : { problemType: body.problemType }),
    ...definedOf('requestId', answer.header('x-request-id')),
    ...definedOf('retryAfterMs', retryAfterMs),
  }
  const refused =
    answer.status === 401 || (answer.status === 403 && body.problemType === problemTypes.forbidden)
  const said = `${answer.subject}: ${answer.status} ${body.summary}`.replace(/[.\s]*$/u, '.')
  const wait =
    retryAfterMs === undefined ? '' : ` It asks to wait ${Math.ceil(retryAfterMs / 1000)} s.`
  const message = `${said}${wait}`
  if (!refused) {
    const advice = body.isAdvised === true ? undefined : context.advice?.(answer.status)
    const whole = advice === undefined ? message : `${message} ${advice}`
    return { error: new ApiError(whole, options), ...definedOf('offset', body.offset) }
  }
  const wrong = answer.sentToken
    ? 'The token was refused: it is expired, revoked, or made for something else.'
    : 'No token was sent.'
  return {
    error: new AuthenticationError(
      `${message} ${wrong}${skewBetween(serverNow, context.now)} ${context.tokenAdvice}`,
      options,
    ),
  }
}

function dateOf(answer: HttpAnswer): Date | undefined {
  const at = Date.parse(answer.header('date') ?? '')
  return Number.isNaN(at) ? undefined : new Date(at)
}

const noticedSkewMs = 5 * 60_000

/** A token seems expired, or not valid yet, where the clocks differ. */
function skewBetween(server: Date | undefined, here: Date): string {
  const skewMs = server === undefined ? 0 : here.getTime() - server.getTime()
  if (Math.abs(skewMs) < noticedSkewMs) return ''
  const minutes = Math.round(Math.abs(skewMs) / 60_000)
  return ` This machine's clock is ${minutes} minutes ${skewMs > 0 ? 'ahead of' : 'behind'} the server's: set it right.`
}

function parseErrorBody(answer: HttpAnswer, text: string): ErrorBody {
  const location = answer.header('location')
  if (answer.status >= 300 && answer.status < 400) {
    const to = location === undefined ? 'elsewhere' : `to ${bareUrl(location, answer.url)}`
    return {
      summary: `redirect ${to}, which is not followed. Check the URL: a login page or another host answers there`,
      details: [],
      isAdvised: true,
    }
  }
  if (isHtml(answer, text)) {
    return { summary: describeHtml(answer, text), details: [], isAdvised: true }
  }
  const json = parseJson(text)
  const problem = problemSchema.safeParse(json)
  if (problem.success) {
    const { type, title, detail, offset, issues = [] } = problem.data
    return {
      summary: [title, detail, ...issues.slice(0, 5).map((i) => `${i.path}: ${i.message}`)]
        .filter((part) => part !== undefined)
        .map((part) => redactText(part, answer.secrets))
        .join('; '),
      details: [
        { title: redactText(title, answer.secrets), ...detailOf(detail, answer.secrets) },
        ...issues.map((issue) => ({
          pointer: issue.path,
          ...detailOf(issue.message, answer.secrets),
        })),
      ],
      problemType: type,
      ...definedOf('offset', offset),
    }
  }
  const jsonApi = jsonApiErrorsSchema.safeParse(json)
  if (jsonApi.success && jsonApi.data.errors.length > 0) {
    const details = jsonApi.data.errors.map((error): ApiErrorDetail => {
      const pointer = error.source?.pointer ?? error.source?.parameter
      return {
        ...(error.title ? { title: redactText(error.title, answer.secrets) } : {}),
        ...detailOf(error.detail, answer.secrets),
        ...(pointer ? { pointer } : {}),
      }
    })
    return { summary: details.slice(0, 5).map(describeDetail).join('; '), details }
  }
  return { summary: describeOther(answer, text, json), details: [] }
}

const messageSchema = z.looseObject({
  message: z.string().optional().catch(undefined),
  error: z.string().optional().catch(undefined),
})

/** What gateways and frameworks send: mostly a `message`. Other JSON is not quoted. */
function describeOther(answer: HttpAnswer, text: string, json: unknown): string {
  const known = messageSchema.safeParse(json)
  const said = known.success ? (known.data.message ?? known.data.error) : undefined
  if (said !== undefined) return redactText(said, answer.secrets)
  if (json !== undefined) return `${answer.statusText}, with ${describeShape(json, 200)}`
  return redactText(text, answer.secrets) || answer.statusText
}

function describeDetail(detail: ApiErrorDetail): string {
  const title = detail.detail === undefined ? detail.title : detail.title?.replace(/\.$/u, '')
  const text = [title, detail.detail].filter(Boolean).join(': ')
  return detail.pointer === undefined ? text : `${text} (${detail.pointer})`
}

/** Whether a web page answered, as behind a wrong URL, a login or a gateway. */
export function isHtml(answer: HttpAnswer, text: string): boolean {
  return (
    (answer.header('content-type') ?? '').includes('html') ||
    /^\s*<(?:!doctype html|html)\b/iu.test(text)
  )
}

/** A web page in a few words. */
export function describeHtml(answer: HttpAnswer, text: string): string {
  const title = /<title[^>]*>([^<]{1,200})/iu.exec(text)?.[1]
  const named = title === undefined ? '' : ` titled '${redactText(title, answer.secrets, 100)}'`
  const advice =
    answer.status >= 500
      ? 'A gateway in front of the server answered'
      : 'Check the URL: a web server, login page or proxy answers there'
  return `an HTML page${named} instead of JSON. ${advice}`
}

function bareUrl(location: string, base: URL): string {
  if (!URL.canParse(location, base.href)) return 'a broken URL'
  const url = new URL(location, base.href)
  return `${url.origin}${url.pathname}`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function detailOf(
  detail: string | null | undefined,
  secrets: readonly string[],
): { readonly detail?: string } {
  return detail ? { detail: redactText(detail, secrets, 1000) } : {}
}

function definedOf<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a computed key loses its literal
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V }
}

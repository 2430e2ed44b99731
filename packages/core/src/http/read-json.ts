import type { z } from 'zod'

import { ProtocolError } from '../errors/index.ts'
import { maxJsonBodyBytes } from '../protocol/index.ts'
import { readBounded } from './bounded-body.ts'
import { describeHtml, isHtml } from './error-answer.ts'
import type { HttpAnswer } from './http-call.ts'
import { describeShape, redactText } from './redact.ts'

/**
 * Reads an answer as JSON of that schema.
 *
 * @throws {@link ProtocolError} with call, path, issue and shape of the body, never its values
 */
export async function readJson<Schema extends z.ZodType>(
  answer: HttpAnswer,
  schema: Schema,
  maxBytes: number = maxJsonBodyBytes,
): Promise<z.output<Schema>> {
  const bytes = await readBounded(answer.body, maxBytes, {
    subject: answer.subject,
    contentLength: answer.header('content-length'),
  })
  const text = bytes.toString('utf8')
  if (isHtml(answer, text)) {
    throw new ProtocolError(
      `${answer.subject}: the answer (${answer.status}) is ${describeHtml(answer, text)}.`,
    )
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const excerpt = describeText(text, answer.secrets)
    const type = answer.header('content-type') ?? 'no content type'
    throw new ProtocolError(
      `${answer.subject}: the answer (${answer.status}, ${type}) is not JSON ${excerpt}.`,
      // The parser's message quotes the text, so the error itself is not passed on.
      {
        cause: new Error(error instanceof SyntaxError ? 'SyntaxError in JSON' : 'unreadable JSON'),
      },
    )
  }
  return checkReply(answer.subject, schema, value)
}

/** Text that looks like JSON is not quoted: somewhere in it may be a token or a variable. */
function describeText(text: string, secrets: readonly string[]): string {
  if (text.trim() === '') return 'but empty'
  if (/^\s*["[{]/u.test(text)) return `but breaks off or is malformed (${text.length} characters)`
  return `but begins: ${redactText(text, secrets, 120)}`
}

/** Checks what a server sent. @throws {@link ProtocolError} `INVALID_REPLY` */
export function checkReply<Schema extends z.ZodType>(
  subject: string,
  schema: Schema,
  value: unknown,
): z.output<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new ProtocolError(
    `${subject}: the answer breaks the protocol: ${describeIssues(result.error)}. It looked like ${describeShape(value)}`,
    { code: 'INVALID_REPLY', cause: result.error },
  )
}

/** Checks what is about to be sent. @throws {@link ProtocolError} `INVALID_RECORD`; nothing was sent */
export function checkRequest<Schema extends z.ZodType>(
  doing: string,
  schema: Schema,
  value: unknown,
): z.output<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new ProtocolError(
    `Cannot ${doing}: the request breaks the protocol, so it was not sent: ${describeIssues(result.error)}`,
    { code: 'INVALID_RECORD', cause: result.error },
  )
}

function describeIssues(error: z.ZodError): string {
  const shown = error.issues.slice(0, 5).map((issue) => {
    const path = issue.path.map(String).join('.')
    return `${path === '' ? '(root)' : path}: ${issue.message}`
  })
  const rest = error.issues.length - shown.length
  return shown.join('; ') + (rest > 0 ? `; and ${rest} more` : '')
}

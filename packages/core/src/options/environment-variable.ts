import { z } from 'zod'

import type { AgentOptions } from './agent-options.ts'

/** What the environment can set; the executor and the logger come from code. */
export type AgentEnvironmentOptions = Omit<Partial<AgentOptions>, 'executor' | 'logger'>

/** One variable of the environment. */
export interface EnvironmentVariable {
  /** Old name, still read; the new one wins. */
  readonly oldName: string | undefined
  /** The options that a text means, or why it means none. */
  readonly read: (text: string) => AgentEnvironmentOptions | { readonly issue: string }
}

/** A variable whose text has that form. The issue never shows the text: it may be a secret. */
export function variable<T>(
  schema: z.ZodType<T>,
  set: (value: T) => AgentEnvironmentOptions,
  oldName?: string,
): EnvironmentVariable {
  return {
    oldName,
    read: (text) => {
      const parsed = schema.safeParse(text)
      return parsed.success ? set(parsed.data) : { issue: firstIssue(parsed.error) }
    },
  }
}

function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues
  if (issue === undefined) return 'is not valid'
  const place = issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : String(part)))
  return place.length === 0 ? issue.message : `${place.join('.')}: ${issue.message}`
}

export const text = z.string().min(1)
export const seconds = z.coerce
  .number()
  .nonnegative()
  .transform((value) => value * 1000)
export const count = z.coerce.number().int().positive()
export const percent = z.coerce
  .number('must be a number from 1 to 100')
  .int('must be a whole number')
  .min(1, 'must be from 1 to 100')
  .max(100, 'must be from 1 to 100')
export const megabytes = count.transform((value) => value * 1024 ** 2)
export const boolean = z
  .enum(['true', 'false', '1', '0'], 'must be true, false, 1 or 0')
  .transform((value) => value === 'true' || value === '1')
/** Names with commas between them. */
export const list = text.transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
)

/** JSON of that form. */
export function json<T>(schema: z.ZodType<T>, example: string): z.ZodType<T> {
  return z
    .string()
    .transform((value, context): unknown => {
      try {
        return JSON.parse(value)
      } catch {
        context.addIssue({ code: 'custom', message: `must be JSON, such as ${example}` })
        return z.NEVER
      }
    })
    .pipe(schema)
}

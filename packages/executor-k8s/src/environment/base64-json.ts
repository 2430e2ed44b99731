import { z } from 'zod'

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/u

/** JSON of that form, written as base64, as Scalr's agent takes it. Issues never show the text. */
export function base64Json<T>(schema: z.ZodType<T>, example: string): z.ZodType<T> {
  return z
    .string()
    .transform((value, context): unknown => {
      const encoded = value.replaceAll(/\s/gu, '')
      const complain = (message: string): never => {
        context.addIssue({ code: 'custom', message })
        return z.NEVER
      }
      if (!base64.test(encoded)) {
        const remedy = `printf %s '${example}' | base64 -w0`
        return complain(`must be JSON in base64, such as what this prints: ${remedy}`)
      }
      try {
        return JSON.parse(Buffer.from(encoded, 'base64').toString('utf8'))
      } catch {
        return complain(`holds no JSON once decoded from base64; it must be such as ${example}`)
      }
    })
    .pipe(schema)
}

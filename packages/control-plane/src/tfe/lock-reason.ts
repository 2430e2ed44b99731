import { z } from 'zod'

const attributes = z.object({ reason: z.string() })
/** The client sends it as an attribute of nothing or as it is, and older ones send no body. */
const schema = z.union([
  z.object({ data: z.object({ attributes }) }).transform(({ data }) => data.attributes),
  attributes,
])

const maxLength = 1000

/** Why a workspace is locked, as the body of a lock says; the empty string when it does not. */
export function lockReason(body: unknown): string {
  const parsed = schema.safeParse(body)
  return parsed.success ? parsed.data.reason.slice(0, maxLength) : ''
}

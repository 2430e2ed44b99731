import { z } from 'zod'

import { relayLimits } from './relay-limits.ts'

/** A token of RFC 9110. */
const nameSchema = z
  .string()
  .max(256)
  .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/u, 'is no name of a header')

/** What a header line may hold: no line ends and no NUL, so that it stays one line. */
const valueSchema = z
  .string()
  .max(relayLimits.headerBytes)
  .regex(/^[\t\u0020-\u007e\u0080-\u00ff]*$/u, 'holds characters that no header may hold')

/** Header lines in their order; repeated ones stay repeated. */
export const headerPairsSchema = z
  .array(z.tuple([nameSchema, valueSchema]).readonly())
  .max(relayLimits.headerLines)
  .refine(
    (pairs) =>
      pairs.reduce((sum, [name, value]) => sum + name.length + value.length, 0) <=
      relayLimits.headerBytes,
    `are larger than ${relayLimits.headerBytes} bytes`,
  )
  .readonly()

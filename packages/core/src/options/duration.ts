import { z } from 'zod'

const unitsMs = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
])

/** Milliseconds, or text with a unit: `250ms`, `30s`, `15m`, `1h`. */
export const durationSchema = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d+(?:\.\d+)?(?:ms|s|m|h)$/u, "must be milliseconds or text like '30s', '15m'"),
  ])
  .transform((value) => (typeof value === 'number' ? value : parseDuration(value)))
  .refine((value) => Number.isFinite(value) && value >= 0, 'must not be negative')

function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/u.exec(text)
  return Number(match?.[1]) * (unitsMs.get(match?.[2] ?? '') ?? Number.NaN)
}

import { z } from 'zod'

const unitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

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
  const unit = match?.[2] as keyof typeof unitsMs | undefined
  return unit === undefined ? Number.NaN : Number(match?.[1]) * unitsMs[unit]
}

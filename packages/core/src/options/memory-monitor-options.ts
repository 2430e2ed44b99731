import { z } from 'zod'

import { durationSchema } from './duration.ts'

const percent = z.int().min(1, 'must be from 1 to 100').max(100, 'must be from 1 to 100')

/** When a job that comes near its memory limit is interrupted, so that its state is saved. */
export const memoryMonitorSchema = z.strictObject({
  /** @default true */
  enabled: z.boolean().default(true),
  /** Of the job's memory limit: there it gets its one interrupt. @default 80 */
  softLimitPercent: percent.default(80),
  /** Of the soft limit: from there on the log ends with a warning. @default 90 */
  warnPercent: percent.default(90),
  /** How often a job is measured. @default 1 s */
  intervalMs: durationSchema.refine((ms) => ms >= 100, 'must be at least 100 ms').default(1_000),
})

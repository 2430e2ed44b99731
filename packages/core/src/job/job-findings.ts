import { z } from 'zod'

/** The lock of a state, as the tool's own words tell of it. */
const foundLockSchema = z.object({
  id: z.string(),
  /** `held`: somebody has it; `left`: this run took it and could not give it back. */
  state: z.enum(['held', 'left']),
  /** Who has it, since when, for what; only where the tool said it of that very lock. */
  who: z.string().optional(),
  created: z.string().optional(),
  operation: z.string().optional(),
  /** Whose `force-unlock` releases it. */
  tool: z.enum(['terraform', 'tofu']),
})
/** A lock that the log tells of. */
export type FoundLock = z.infer<typeof foundLockSchema>

/** What the masked log says of a stage that failed or did not come to its end. */
export const stageFindingsSchema = z.object({
  stage: z.string(),
  /** The tool's own `Error:` blocks. */
  errors: z.string().optional(),
  lock: foundLockSchema.optional(),
  /** The line that says so. */
  diskFull: z.string().optional(),
})
/** What the log tells of one stage. */
export type StageFindings = z.infer<typeof stageFindingsSchema>

/** Memory of the workload, in bytes, as the agent measured it. */
export const memoryFindingsSchema = z.object({
  limitBytes: z.number(),
  /** There the workload gets its one interrupt. */
  softBytes: z.number(),
  /** From there on its log ends with a warning. */
  warnBytes: z.number(),
  /** The most that was seen, once it was beyond the warning. */
  peakBytes: z.number().optional(),
})
/** The limits of a job's memory and what was seen of it. */
export type MemoryFindings = z.infer<typeof memoryFindingsSchema>

/** A state that the control plane did not take and that lies on the agent's machine now. */
export const rescuedStateSchema = z.object({ path: z.string(), reason: z.string() })

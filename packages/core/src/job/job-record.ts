import { z } from 'zod'

import { logCheckpointSchema } from '../logs/index.ts'
import { failureCauseSchema, jobFileNames, jobStateSchema, phaseSchema } from '../protocol/index.ts'
import { memoryFindingsSchema, rescuedStateSchema, stageFindingsSchema } from './job-findings.ts'

/** How far a job has come; written before each effect, so the effect may or may not have happened. */
export const jobSteps = [
  'accepted',
  'preparing',
  'launching',
  'launched',
  'ended',
  'reporting',
  'finished',
] as const
export type JobStep = (typeof jobSteps)[number]

const memoryEvidenceShape = {
  limitBytes: z.number(),
  peakBytes: z.number().exactOptional(),
}

const outcomeSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('exited'),
    exitCode: z.int(),
    memoryExceeded: z.object(memoryEvidenceShape).exactOptional(),
  }),
  z.object({ kind: z.literal('signaled'), signal: z.string() }),
  z.object({ kind: z.literal('out-of-memory'), ...memoryEvidenceShape }),
  z.object({
    kind: z.literal('not-started'),
    cause: z.enum(['image-pull', 'unschedulable', 'start-timeout', 'rejected']),
    evidence: z.string(),
  }),
  z.object({ kind: z.literal('evicted'), evidence: z.string() }),
  z.object({ kind: z.literal('deadline'), deadlineMs: z.number() }),
  z.object({ kind: z.literal('lost'), evidence: z.string() }),
])

/** Why a job is being stopped. */
const stopReasonSchema = z.enum(['canceled', 'timeout', 'lease-lost', 'memory', 'shutdown'])
/** Why a job is stopped before it ends by itself. */
export type StopReason = z.infer<typeof stopReasonSchema>

/** A failure of our own before or around the workload: data, like every other end of a job. */
const failureSchema = z.object({
  cause: failureCauseSchema,
  message: z.string(),
  evidence: z.string().optional(),
})
export type JobFailure = z.infer<typeof failureSchema>

/**
 * The journal of one job: what a new agent process needs to go on. Holds no secret: tokens and
 * variables come back through `start`.
 */
export const jobRecordSchema = z.object({
  version: z.literal(1),
  jobId: z.string(),
  fencingToken: z.int().positive(),
  phase: phaseSchema,
  runId: z.string(),
  workspaceId: z.string(),
  workloadId: z.string(),
  /** Hides the stage markers from forgery; useless once the workload has ended. */
  nonce: z.string(),
  /** What to bring out of the workload, once that is known. */
  resultFiles: z
    .array(
      z.object({
        name: z.enum(jobFileNames),
        path: z.string(),
        pack: z.enum(['archive', 'plans']).optional(),
      }),
    )
    .readonly(),
  step: z.enum(jobSteps),
  state: jobStateSchema,
  leaseMs: z.number(),
  applyGraceMs: z.number(),
  timeoutMs: z.number(),
  acceptedAt: z.iso.datetime(),
  /** When the workload was launched, for the time-out. */
  launchedAt: z.iso.datetime().optional(),
  /**
   * Last renewal of the lease: on the machine's monotonic clock, valid for that boot only, and on the wall
   * clock for an agent that comes back on another machine.
   */
  lease: z.object({ bootId: z.string(), renewedMs: z.number(), renewedAt: z.iso.datetime() }),
  stop: z
    .object({
      reason: stopReasonSchema,
      /** Wall clock of each interrupt that was sent or about to be sent: I8 counts them. */
      softAt: z.iso.datetime().optional(),
      hardAt: z.iso.datetime().optional(),
      killAt: z.iso.datetime().optional(),
    })
    .optional(),
  outcome: outcomeSchema.optional(),
  failure: failureSchema.optional(),
  memory: memoryFindingsSchema.optional(),
  /** Of the first stage that failed, or of the one in which the workload was ended. */
  findings: stageFindingsSchema.optional(),
  /** The end of the masked log, once the workload has ended. */
  lastLines: z.string().optional(),
  rescued: rescuedStateSchema.optional(),
  /** Where the log got to. */
  checkpoint: logCheckpointSchema.optional(),
  /** Stages seen so far, from the markers before the checkpoint and after. */
  stages: z.array(
    z.object({
      name: z.string(),
      startedAt: z.iso.datetime().optional(),
      endedAt: z.iso.datetime().optional(),
      exitCode: z.int().nullable(),
    }),
  ),
  /** Exit code of the script's own result marker: the second half of the proof of success (I2). */
  resultCode: z.int().optional(),
})
export type JobRecord = z.infer<typeof jobRecordSchema>

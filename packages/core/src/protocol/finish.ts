import { z } from 'zod'

import { digestSchema, fencingTokenSchema, timestampSchema } from './common.ts'

/** Why a job did not succeed: stable words, each with evidence and advice on the report. */
export const failureCauseSchema = z.enum([
  /** The tool or a hook exited non-zero. */
  'exit-code',
  'canceled',
  /** Stopped by the agent since it could not renew its lease (I6). */
  'lease-lost',
  'timeout',
  'out-of-memory',
  'soft-memory-limit',
  'not-started',
  'evicted',
  'signaled',
  /** No proof of exit (I2). */
  'lost',
  'preparation',
  /** The tool or the version that the workspace asks for is not there and cannot be fetched. */
  'tool-not-found',
  /** `init` failed: a provider, a module or the backend. */
  'init-failed',
  /** A hook exited non-zero; the phase itself may have succeeded. */
  'hook-failed',
  /** Somebody else holds the lock of the state. */
  'state-locked',
  'disk-full',
  /** The agent was told to stop and could not wait for the job. */
  'agent-stopped',
  'agent',
])
/** Why a job did not succeed, as a code for programs. */
export type FailureCause = z.infer<typeof failureCauseSchema>

const stageReportSchema = z.object({
  name: z.string(),
  startedAt: timestampSchema.optional(),
  endedAt: timestampSchema.optional(),
  exitCode: z.int().nullable(),
})
/** How one stage of a job went. */
export type StageReport = z.infer<typeof stageReportSchema>

const resourceCountsSchema = z.object({
  additions: z.int().nonnegative(),
  changes: z.int().nonnegative(),
  destructions: z.int().nonnegative(),
})
/** Resources that a plan or an apply adds, changes and destroys. */
export type ResourceCounts = z.infer<typeof resourceCountsSchema>

/** How the job ended; the body of `POST /jobs/{id}/finish`. Sending it again changes nothing. */
export const finishJobRequestSchema = z.object({
  fencingToken: fencingTokenSchema,
  result: z.enum(['succeeded', 'failed', 'canceled', 'lost']),
  /** Exit code of the tool, `null` when none was seen. */
  exitCode: z.int().nullable(),
  failure: z
    .object({
      cause: failureCauseSchema,
      /** What happened, on what, what to do: shown to the user. */
      message: z.string().max(10_000),
      evidence: z.string().max(20_000).optional(),
      /** The end of the masked log before the agent's own words. */
      lastLines: z.string().max(8_000).optional(),
    })
    .optional(),
  stages: z.array(stageReportSchema),
  /** Plan only. */
  hasChanges: z.boolean().optional(),
  resources: resourceCountsSchema.optional(),
  /** The whole log: the control plane refuses the report when it holds other bytes (I10). */
  log: z.object({
    bytes: z.int().nonnegative(),
    digest: digestSchema,
    /** Bytes that a gap record stands for. */
    missingBytes: z.int().nonnegative(),
  }),
  /** Files that were uploaded and belong to the result. */
  files: z.array(
    z.object({ name: z.string(), bytes: z.int().nonnegative(), digest: digestSchema }),
  ),
  /** Set when the state lock may still be held: its id, for the `force-unlock` line. */
  stateLock: z.object({ id: z.string(), info: z.string().optional() }).optional(),
  interrupts: z.object({
    soft: z.int().nonnegative(),
    hard: z.int().nonnegative(),
    kill: z.int().nonnegative(),
  }),
})
/** The report of a job's end. */
export type FinishJobRequest = z.infer<typeof finishJobRequestSchema>

/** Answer to `POST /jobs/{id}/finish`; a repeated report gets it too. */
export const finishJobResponseSchema = z.object({ accepted: z.literal(true) })
/** The report was taken. */
export type FinishJobResponse = z.infer<typeof finishJobResponseSchema>

/** Answer to an append and to `HEAD /jobs/{id}/log`: bytes the server holds. */
export const logOffsetResponseSchema = z.object({ offset: z.int().nonnegative() })
/** How many bytes of the log the server holds. */
export type LogOffsetResponse = z.infer<typeof logOffsetResponseSchema>

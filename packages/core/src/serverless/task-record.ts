import { z } from 'zod'

import type { Outcome } from '../executor/index.ts'

/**
 * - `queued`: accepted, waits for a slot.
 * - `launching`: the executor is, or was, asked to start attempt number `attempts`.
 * - `running`: it was started; never started again, whatever comes of it.
 * - `ended`: `outcome` or `failure` tells how. Kept for the time of the deduplication.
 */
export type TaskState = 'queued' | 'launching' | 'running' | 'ended'

const outcomeSchema = z.custom<Outcome>(
  (value) => typeof value === 'object' && value !== null && 'kind' in value,
)

export const taskRecordSchema = z.object({
  version: z.literal(1),
  /** The idempotency key. */
  key: z.string(),
  request: z.object({
    taskId: z.string(),
    action: z.string(),
    runId: z.string().optional(),
    workspaceId: z.string().optional(),
    environmentId: z.string().optional(),
    createdAt: z.string().optional(),
  }),
  /** Place in the queue; grows by one for each task. */
  sequence: z.int().nonnegative(),
  /** ISO 8601, by our clock. */
  acceptedAt: z.string(),
  state: z.enum(['queued', 'launching', 'running', 'ended']),
  attempts: z.int().nonnegative(),
  launchedAt: z.string().optional(),
  endedAt: z.string().optional(),
  outcome: outcomeSchema.optional(),
  /** Why nothing could be started, or nothing is known any more. */
  failure: z.string().optional(),
  logBytes: z.int().nonnegative().optional(),
})

/** A task on disk: all that is known of it. */
export type TaskRecord = z.output<typeof taskRecordSchema>

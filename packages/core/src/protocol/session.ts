import { z } from 'zod'

import { agentKindSchema, fencingTokenSchema, jobStateSchema, timestampSchema } from './common.ts'

/** A workload or journal that the agent found on start, and so can go on with. */
const foundJobSchema = z.object({
  jobId: z.string().min(1),
  fencingToken: fencingTokenSchema,
  state: jobStateSchema,
})

/** `POST /sessions`, with the pool token. */
export const registerRequestSchema = z.object({
  protocolVersions: z.array(z.int().positive()).min(1),
  name: z.string().min(1).max(64),
  version: z.string().max(64),
  os: z.string().max(64),
  runtime: z.enum(['unknown', 'docker', 'kubernetes', 'vm', 'fargate']),
  driver: z.string().min(1).max(64),
  cpuPlatform: z.enum(['linux_amd64', 'linux_arm64', 'darwin_amd64', 'darwin_arm64', 'unknown']),
  kind: agentKindSchema,
  slots: z.int().nonnegative(),
  /**
   * Proof that this is the agent that held the name before: made by the agent, kept in its data
   * directory. A name held by a live agent with another one is refused with 409.
   */
  instanceId: z.string().min(8).max(128),
  found: z.array(foundJobSchema),
})
/** What an agent tells of itself when it registers. */
export type RegisterRequest = z.infer<typeof registerRequestSchema>

/** Answer to `POST /sessions`. */
export const registerResponseSchema = z.object({
  protocolVersion: z.int().positive(),
  agentId: z.string().min(1),
  poolId: z.string().min(1),
  sessionToken: z.string().min(1),
  sessionExpiresAt: timestampSchema,
  intervals: z.object({
    heartbeatMs: z.int().positive(),
    leaseMs: z.int().positive(),
    longPollMs: z.int().positive(),
  }),
  /** What to do with each found job: go on (its lease is renewed), or end and forget it. */
  found: z.array(z.object({ jobId: z.string(), decision: z.enum(['resume', 'abandon']) })),
})
/** The session that was opened, and the intervals to keep. */
export type RegisterResponse = z.infer<typeof registerResponseSchema>

/** `POST /sessions/self/heartbeat`, with the session token. */
export const heartbeatRequestSchema = z.object({
  slots: z.object({ total: z.int().nonnegative(), free: z.int().nonnegative() }),
  status: z.enum(['idle', 'busy', 'draining', 'errored']),
  errorMessage: z.string().max(2000).optional(),
  jobs: z.array(
    z.object({
      jobId: z.string().min(1),
      fencingToken: fencingTokenSchema,
      state: jobStateSchema,
      /** Bytes of masked log made so far. */
      logBytes: z.int().nonnegative(),
    }),
  ),
})
/** What an agent does at this moment. */
export type HeartbeatRequest = z.infer<typeof heartbeatRequestSchema>

/** Answer to a heartbeat. */
export const heartbeatResponseSchema = z.object({
  leases: z.array(
    z.object({
      jobId: z.string(),
      /** As the heartbeat named it: an answer that comes late says nothing of a newer attempt. */
      fencingToken: fencingTokenSchema,
      /** `revoked`: the job is no longer ours; stop it, report nothing. */
      status: z.enum(['renewed', 'revoked']),
    }),
  ),
  /** Take no more jobs, finish what runs. */
  drain: z.boolean(),
  /** A fresh session token when the present one is past half its life. */
  sessionToken: z.string().optional(),
})
/** What became of each lease, and what the agent should do. */
export type HeartbeatResponse = z.infer<typeof heartbeatResponseSchema>

import { z } from 'zod'

import { ControlPlaneError } from './control-plane-error.ts'

const minuteMs = 60_000
const duration = z.int().positive()

/** Every interval of the control plane, in milliseconds. The defaults are for production. */
const timingSchema = z.strictObject({
  /** How often agents report. @default 10 s */
  heartbeatMs: duration.default(10_000),
  /** How long a job stays an agent's without a heartbeat. @default 60 s */
  leaseMs: duration.default(minuteMs),
  /** Longest wait of a long-poll. @default 60 s */
  longPollMs: duration.default(minuteMs),
  /** An assigned job that was not accepted goes back to the queue after this. @default 30 s */
  acceptMs: duration.default(30_000),
  /** Without a heartbeat for this long an agent is `offline`. @default 30 s */
  offlineAfterMs: duration.default(30_000),
  /** Offline agents are removed after this. @default 4 h */
  removeAfterMs: duration.default(240 * minuteMs),
  /** How long past its lease an apply may run on through an outage (I6). @default 15 min */
  applyGraceMs: duration.default(15 * minuteMs),
  /** Length of a phase when the workspace names none. @default 60 min */
  runTimeoutMs: duration.default(60 * minuteMs),
  /** Life of a session token; renewed by the heartbeat. @default 24 h */
  sessionTokenMs: duration.default(1440 * minuteMs),
  /** Life of a job token; refreshed at half. @default 60 min */
  jobTokenMs: duration.default(60 * minuteMs),
  /** First pause before a call to a VCS is tried again; it doubles up to a minute. @default 1 s */
  vcsRetryMs: duration.default(1000),
  /** What a VCS could not be asked for this long is given up. @default 24 h */
  vcsRetryForMs: duration.default(1440 * minuteMs),
  /** First pause before the webhook of a pool is called again; it doubles up to a minute. @default 1 s */
  webhookRetryMs: duration.default(1000),
  /** A webhook that has not answered by then is called again. @default 15 s */
  webhookAnswerMs: duration.default(15_000),
  /** When no agent came for a task that the webhook accepted, it is told of another after this. @default 20 min */
  webhookAgentMs: duration.default(20 * minuteMs),
  /** How often the reaper looks for stuck jobs. @default 1 s */
  reaperEveryMs: duration.default(1000),
})

/** Leases, heartbeats and other periods; tests make them short. */
export type TimingOptions = z.input<typeof timingSchema>
export type Timing = z.output<typeof timingSchema>

/** @throws {@link ControlPlaneError} `INVALID_OPTIONS` */
export function resolveTiming(options: TimingOptions = {}): Timing {
  const result = timingSchema.safeParse(options)
  if (result.success) return result.data
  const issues = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  throw new ControlPlaneError(`Cannot use the timing options: ${issues.join('; ')}`, {
    code: 'INVALID_OPTIONS',
    cause: result.error,
  })
}

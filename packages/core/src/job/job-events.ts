import type { InterruptLevel } from '../executor/index.ts'
import type { FailureCause, Phase } from '../protocol/index.ts'
import type { StopReason } from './job-record.ts'

/** Names a job in every event about it. */
export interface JobEventIds {
  readonly jobId: string
  readonly fencingToken: number
  readonly runId: string
  readonly workspaceId: string
  readonly phase: Phase
}

/** How a job ended, as `job:end` tells it. */
export interface JobEnd {
  readonly result: 'succeeded' | 'failed' | 'canceled' | 'lost'
  readonly cause: FailureCause | undefined
  readonly exitCode: number | null
  readonly logBytes: number
}

/** What happens to a job; a part of the agent's events. `job:start` and `job:end` come in pairs. */
export interface JobEvents {
  /** A job was handed out; not yet accepted. */
  'job:acquire': [JobEventIds]
  /** Taken up, or adopted from an earlier process of this agent. */
  'job:start': [JobEventIds & { readonly adopted: boolean }]
  /** Its files are here; programs (with their versions) and providers are being looked for. */
  'job:prepare': [JobEventIds & { readonly tools: readonly string[] }]
  /** Programs and providers are there: the time is what a download took. */
  'job:prepared': [JobEventIds & { readonly durationMs: number }]
  /** The workload runs. */
  'job:launch': [JobEventIds & { readonly workloadId: string; readonly durationMs: number }]
  /** A stage began (`exitCode` null) or ended. */
  'job:stage': [JobEventIds & { readonly stage: string; readonly exitCode: number | null }]
  /** Masked log bytes made so far. */
  'job:output': [JobEventIds & { readonly logBytes: number }]
  /** An interrupt is being sent. */
  'job:cancel': [JobEventIds & { readonly level: InterruptLevel; readonly reason: StopReason }]
  /** Ended: reported, or lost to another agent. The last event of a job. */
  'job:end': [JobEventIds & JobEnd & { readonly durationMs: number }]
}

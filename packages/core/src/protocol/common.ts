import { z } from 'zod'

/** Version of the agent protocol that this package speaks; negotiated in `POST /sessions`. */
export const protocolVersion = 1

/** Path below the control plane's URL under which every call of the protocol lives. */
export const protocolPath = '/api/agent/v1'

/** Plan, apply, or the check of a plan by policies. */
export const phaseSchema = z.enum(['plan', 'apply', 'policy'])
/** One phase of one run: what a job executes. */
export type Phase = z.infer<typeof phaseSchema>

/** Run agent or VCS agent. */
export const agentKindSchema = z.enum(['run', 'vcs'])
/** A run agent takes jobs; a VCS agent relays. Never both in one process. */
export type AgentKind = z.infer<typeof agentKindSchema>

/** Grows by one each time the job is given out; stale ones get 409 and change nothing (I5). */
export const fencingTokenSchema = z.int().positive()

/** ISO 8601 with a time zone. */
export const timestampSchema = z.iso.datetime({ offset: true })

/** `sha-256=:<base64>:`, the form of RFC 9530 `Repr-Digest`. */
export const digestSchema = z
  .string()
  .regex(/^sha-256=:[A-Za-z0-9+/]{43}=:$/u, 'must look like sha-256=:<base64>:')

/** States of a job; the last four are terminal. Which leads to which, the agent's state table says. */
export const jobStates = [
  'acquired',
  'preparing',
  'running',
  'canceling',
  'reporting',
  'succeeded',
  'failed',
  'canceled',
  'lost',
] as const
/** One of `jobStates`. */
export type JobState = (typeof jobStates)[number]

/** A state of a job, as heartbeats tell it. */
export const jobStateSchema = z.enum(jobStates)

/** How a job is cancelled: `soft` politely, `force` aborts (a user asked for it explicitly). */
export const cancelModeSchema = z.enum(['soft', 'force'])
/** `soft` or `force`. */
export type CancelMode = z.infer<typeof cancelModeSchema>

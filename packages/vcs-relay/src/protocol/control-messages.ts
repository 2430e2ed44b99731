import { z } from 'zod'

import { headerPairsSchema } from './header-pairs.ts'
import { relayLimits } from './relay-limits.ts'

const idSchema = z.string().regex(/^[A-Za-z0-9_-]{1,128}$/u)
const vcsNameSchema = z.string().min(1).max(128)
const laneSchema = z.enum(['api', 'bulk'])
const slotsSchema = z.int().min(1).max(1024)

/** First words of an agent on a channel. */
export const helloSchema = z.object({
  type: z.literal('hello'),
  protocolVersions: z.array(z.int().positive()).min(1),
  /** Names of the VCSs that this agent serves. */
  vcs: z.array(vcsNameSchema).min(1).max(256),
  /** Requests that it takes at a time. */
  lanes: z.object({ api: slotsSchema, bulk: slotsSchema }),
})
export type Hello = z.infer<typeof helloSchema>

/** Answer to `hello`: from now on requests come. */
export const welcomeSchema = z.object({
  type: z.literal('welcome'),
  protocolVersion: z.int().positive(),
  channelId: idSchema,
  /** How often the agent pings; silence of two and a half pings is the end of the channel. */
  pingMs: z.int().positive(),
  /** Longest that a poll is held. */
  pollMs: z.int().positive(),
})
export type Welcome = z.infer<typeof welcomeSchema>

/** One request, without its body. */
export const requestMessageSchema = z.object({
  type: z.literal('request'),
  id: idSchema,
  vcs: vcsNameSchema,
  method: z.string().regex(/^[A-Z]{1,32}$/u),
  // No more is checked here than what makes it one line: which targets are fine is the policy's decision.
  target: z
    .string()
    .max(relayLimits.targetBytes)
    .regex(/^\/[\u0021-\u007e]*$/u),
  headers: headerPairsSchema,
  lane: laneSchema,
  /** Fetched with `GET requests/{id}/body`. */
  hasBody: z.boolean(),
})
export type RequestMessage = z.infer<typeof requestMessageSchema>

/** Nobody waits for the answer any more. */
const cancelMessageSchema = z.object({ type: z.literal('cancel'), id: idSchema })
const pongSchema = z.object({ type: z.literal('pong') })
/** The gateway goes away, or another channel of this agent took over. */
const closingSchema = z.object({ type: z.literal('closing'), reason: z.string().max(1000) })

/** What a gateway says. Unknown types are ignored, so that a newer gateway may say more. */
export const gatewayMessageSchema = z.discriminatedUnion('type', [
  welcomeSchema,
  requestMessageSchema,
  cancelMessageSchema,
  pongSchema,
  closingSchema,
])
export type GatewayMessage = z.infer<typeof gatewayMessageSchema>

const refusalReasonSchema = z.enum(['draining', 'busy', 'unknown-vcs'])
/** Why an agent gave a request back without having looked at it. */
export type RefusalReason = z.infer<typeof refusalReasonSchema>

/** What an agent says after `hello`. */
export const agentMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ping') }),
  /** Takes no more requests; those it has, it answers. */
  z.object({ type: z.literal('draining') }),
  /** The request never ran here. */
  z.object({ type: z.literal('refused'), id: idSchema, reason: refusalReasonSchema }),
  /**
   * The request is still being worked on. Sent every few seconds: behind a proxy that buffers, nothing of
   * an answer is to be seen until all of it was sent.
   */
  z.object({ type: z.literal('working'), ids: z.array(idSchema).max(2048) }),
])
export type AgentMessage = z.infer<typeof agentMessageSchema>

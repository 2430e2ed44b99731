import { z } from 'zod'

import { headerPairsSchema } from './header-pairs.ts'
import { relayLimits } from './relay-limits.ts'

/** First frame of an answer. */
export const answerHeadSchema = z.object({
  origin: z.enum(['vcs', 'agent']),
  status: z.int().min(200).max(599),
  headers: headerPairsSchema,
  /** Without one, the end follows at once. */
  hasBody: z.boolean(),
})
export type AnswerHead = z.infer<typeof answerHeadSchema>

/** First frame of a webhook; its raw bytes follow. */
export const webhookHeadSchema = z.object({
  id: z.string().regex(/^[A-Za-z0-9_.:-]{1,200}$/u),
  vcs: z.string().min(1).max(128),
  deliveryId: z.string().max(1024).optional(),
  receivedAt: z.iso.datetime({ offset: true }),
  target: z.string().max(relayLimits.targetBytes),
  headers: headerPairsSchema,
  signature: z.enum(['verified', 'unchecked']),
})
export type WebhookHead = z.infer<typeof webhookHeadSchema>

/** Last frame of a body that ended well. */
export const frameEndSchema = z.object({
  bytes: z.int().nonnegative(),
  /** Lower-case hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/u),
})

/** Last frame of a body that broke off. */
export const frameAbortSchema = z.object({
  /** For people; holds no secret. */
  reason: z.string().max(2000),
})

import { z } from 'zod'

import { agentMessageSchema, gatewayMessageSchema } from './control-messages.ts'

/** `POST channels/{id}/poll`: messages after that number; those before it have arrived. */
export const pollRequestSchema = z.object({ after: z.int().nonnegative() })

/** Each message has a number, so that one whose answer was lost on the way comes again, once. */
export const pollResponseSchema = z.object({
  messages: z.array(z.object({ number: z.int().positive(), message: gatewayMessageSchema })),
})
export type PollResponse = z.infer<typeof pollResponseSchema>

/** `POST channels/{id}/messages`. */
export const postMessagesSchema = z.object({ messages: z.array(agentMessageSchema).max(256) })

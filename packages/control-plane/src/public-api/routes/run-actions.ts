import { z } from 'zod'

/** The body of an action on a run or a policy check. */
export const commentSchema = z.object({ comment: z.string().max(10_000).nullish() })

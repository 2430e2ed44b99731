import { z } from 'zod'

const checkedPolicySchema = z.object({
  /** Id of the policy group. */
  group: z.string().min(1),
  /** Id of the policy. */
  policy: z.string().min(1),
  /** `error`: it could not be evaluated, so nobody knows. */
  result: z.enum(['passed', 'failed', 'error']),
  /** Why it failed, or what is wrong with it and where. Without values that the plan calls sensitive. */
  messages: z.array(z.string()),
})
/** What one policy said. */
export type CheckedPolicy = z.infer<typeof checkedPolicySchema>

/** The file `policy-results.json` of a policy job: one entry for each policy of the job, in its order. */
export const policyResultsSchema = z.object({
  version: z.literal(1),
  policies: z.array(checkedPolicySchema),
})
/** What the policies of a policy job said. */
export type PolicyResults = z.infer<typeof policyResultsSchema>

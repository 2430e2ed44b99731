import { z } from 'zod'

/** `planned-at` → when that was. */
export const statusTimestamps = z.record(z.string(), z.iso.datetime())

/** A repository as workspaces, hooks, modules and policy groups name theirs. */
export const vcsRepo = z
  .looseObject({ identifier: z.string(), branch: z.string().nullish() })
  .nullable()

/** Our own: how a job ended, in the words of its agent. */
export const agentReport = z.looseObject({}).nullable()

/** What this control plane never has. */
export const never = z.null()

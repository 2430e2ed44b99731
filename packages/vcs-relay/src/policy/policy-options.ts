import { z } from 'zod'

import { writeGroups } from './endpoint.ts'
import { projectGlobPattern } from './project-globs.ts'

export const policyOptionsSchema = z.strictObject({
  /** Version of this format, for files. @default 1 */
  version: z.literal(1).default(1),
  /**
   * Projects that may be asked for, by REST, git and archives alike: `group/project`, with `*` for any part
   * of a name and `**` for any depth. Numbers are ids of GitLab projects.
   * @default ['**'], all that the credentials can see
   */
  allowedProjects: z
    .array(
      z
        .string()
        .regex(projectGlobPattern, 'must be like group/project, group/*, group/** or an id')
        .max(512),
    )
    .default(['**']),
  /**
   * What may be changed, beside reading: `statuses`, `checks`, `comments`, `hooks`.
   * @default [] nothing
   */
  write: z.array(z.enum(writeGroups)).default([]),
  /**
   * Whether projects may be listed and searched where `allowedProjects` names some only: the answers tell
   * names of others. @default false
   */
  listProjects: z.boolean().default(false),
  /** Whether repositories may be cloned and fetched by git. @default true */
  git: z.boolean().default(true),
  /** The rules that are on, by their names. @default all of the kind of server */
  rules: z.array(z.string()).optional(),
})

/** What may be asked of a VCS through the relay. Everything else is refused. */
export type PolicyOptions = z.input<typeof policyOptionsSchema>
export type ResolvedPolicyOptions = z.output<typeof policyOptionsSchema>

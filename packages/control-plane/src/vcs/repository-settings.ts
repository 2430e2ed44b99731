import { z } from 'zod'

const workspaceRepoSchema = z.object({
  identifier: z.string(),
  branch: z.string().nullish(),
  path: z.string().nullish(),
  'trigger-prefixes': z.array(z.string()).nullish(),
  'trigger-patterns': z.string().nullish(),
  'dry-runs-enabled': z.boolean().nullish(),
})

/** How a workspace is bound to a repository. */
export interface WorkspaceRepo {
  readonly identifier: string
  /** `undefined`: the default branch of the repository. */
  readonly branch: string | undefined
  /** Folder that is the root of its configurations; empty for the whole repository. */
  readonly path: string
  readonly triggerPrefixes: readonly string[]
  readonly triggerPatterns: string | undefined
  readonly dryRunsEnabled: boolean
}

/** The column `workspaces.vcs_repo_json`. */
export function readWorkspaceRepo(json: string): WorkspaceRepo {
  const repo = workspaceRepoSchema.parse(JSON.parse(json))
  return {
    identifier: repo.identifier,
    branch: repo.branch ?? undefined,
    path: repo.path ?? '',
    triggerPrefixes: repo['trigger-prefixes'] ?? [],
    triggerPatterns: repo['trigger-patterns'] ?? undefined,
    dryRunsEnabled: repo['dry-runs-enabled'] ?? true,
  }
}

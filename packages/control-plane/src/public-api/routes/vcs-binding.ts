import { z } from 'zod'

import {
  flagOf,
  idsOf,
  invalidAttribute,
  invalidRelationship,
  nullableTextOf,
  textOf,
  type Row,
  type WriteBody,
} from '../json-api/index.ts'
import type { PublicApi } from '../public-api.ts'
import { vcsProviders } from '../resources/index.ts'

import { relatedRow, type Changes } from './writes.ts'

/** `org/repo`, or deeper at GitLab. Goes into paths of the forge. */
export const repositoryIdentifier = z
  .string({ error: 'Identifier cannot be empty.' })
  .max(255)
  .regex(/^[A-Za-z0-9_.~-]+(?:\/[A-Za-z0-9_.~-]+)+$/u, 'Identifier must look like org/repo.')
  .refine((value) => !value.split('/').some((part) => part === '.' || part === '..'), {
    message: 'Identifier must look like org/repo.',
  })

/** As git has them, roughly: what could leave a path is refused. */
export const branchName = z
  .string()
  .min(1, 'Branch cannot be empty.')
  .max(255)
  .regex(/^(?![/.])(?!.*(?:\.\.|\/\/|@\{))[^\s\p{Cc}~^:?*[\\]+(?<![/.])$/u, 'No name of a branch.')

/** A folder of the repository; slashes around it do not count. */
export const repositoryFolder = z
  .string()
  .max(255)
  .transform((path) => path.trim().replaceAll(/^(?:\.?\/)+|\/+$/gu, ''))
  .refine((path) => !/\p{Cc}|\\/u.test(path) && !path.split('/').includes('..'), {
    message: 'The path must stay in the repository.',
  })

/** Attribute `vcs-repo` of a workspace. */
export const workspaceRepoSchema = z
  .object({
    identifier: repositoryIdentifier,
    branch: branchName.nullish(),
    path: repositoryFolder.nullish(),
    'trigger-prefixes': z.array(z.string().max(255)).max(500).nullish(),
    'trigger-patterns': z.string().max(65_535).nullish(),
    'dry-runs-enabled': z.boolean().nullish(),
    'ingress-submodules': z
      .union([z.literal(false), z.null()], {
        error:
          'Submodules are not fetched: configurations come as archives of commits, which hold none. Use module sources instead.',
      })
      .optional(),
    'version-constraint': z
      .null({ error: 'This control plane does not start runs from tags.' })
      .optional(),
  })
  .refine((repo) => (repo['trigger-prefixes'] ?? []).length === 0 || !repo['trigger-patterns'], {
    message: "'trigger-patterns' conflicts with 'trigger-prefixes'.",
    path: ['trigger-patterns'],
  })
  .transform((repo) => ({
    identifier: repo.identifier,
    branch: repo.branch ?? null,
    path: repo.path ?? '',
    'trigger-prefixes': repo['trigger-prefixes'] ?? [],
    'trigger-patterns': repo['trigger-patterns'] ?? null,
    'dry-runs-enabled': repo['dry-runs-enabled'] ?? true,
    'ingress-submodules': false,
    'version-constraint': null,
  }))

export type WorkspaceRepoInput = z.output<typeof workspaceRepoSchema>

export interface VcsBinding {
  readonly columns: Changes
  /** It is bound to other content than before. */
  readonly isNew: boolean
}

/**
 * What a body says of a workspace's repository and VCS provider, which come and go together.
 * @param before the workspace as it is; `undefined` for a new one
 */
export function vcsBinding(
  api: PublicApi,
  accountId: string,
  environmentId: string,
  body: WriteBody<{ readonly 'vcs-repo'?: WorkspaceRepoInput | null | undefined }>,
  before?: Row,
): VcsBinding {
  const given = body.attributes['vcs-repo']
  const repoBefore = before === undefined ? null : nullableTextOf(before, 'vcs_repo_json')
  const providerBefore = before === undefined ? null : nullableTextOf(before, 'vcs_provider_id')
  const named = body.one('vcs-provider')
  // Clearing one of them clears both.
  const isCleared = (given === null && named === undefined) || (named === null && !given)
  const repoJson =
    isCleared || given === null ? null : given === undefined ? repoBefore : JSON.stringify(given)
  const providerId = isCleared ? null : named === undefined ? providerBefore : named
  if (repoJson !== null && providerId === null) {
    throw invalidRelationship('vcs-provider', 'VcsProvider cannot be empty with a vcs-repo.')
  }
  if (repoJson === null && providerId !== null) {
    throw invalidAttribute('vcs-repo', 'VCS repository cannot be empty with a VCS provider.')
  }
  if (typeof named === 'string') requireProviderIn(api, accountId, environmentId, named)
  const isSame = providerId === providerBefore && contentOf(repoJson) === contentOf(repoBefore)
  return {
    columns: {
      vcs_repo_json: repoJson,
      vcs_provider_id: providerId,
      ...(isSame ? {} : { vcs_head_sha: null }),
    },
    isNew: !isSame && repoJson !== null,
  }
}

function requireProviderIn(
  api: PublicApi,
  accountId: string,
  environmentId: string,
  id: string,
): void {
  const row = relatedRow(api, accountId, { name: 'vcs-provider', resource: vcsProviders, id })
  if (flagOf(row, 'is_shared') || idsOf(row, 'environment_ids').includes(environmentId)) return
  throw invalidRelationship(
    'vcs-provider',
    `VCS provider '${textOf(row, 'name')}' is neither shared nor linked to environment '${environmentId}'. Link it to the environment first.`,
  )
}

const contentSchema = z.object({
  identifier: z.string(),
  branch: z.string().nullable(),
  path: z.string(),
})

/** The part of a binding that decides what is fetched. */
function contentOf(repoJson: string | null): string | null {
  return repoJson === null ? null : JSON.stringify(contentSchema.parse(JSON.parse(repoJson)))
}

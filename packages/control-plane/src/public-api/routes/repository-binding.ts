import { invalidAttribute, nullableTextOf, type Row, type WriteBody } from '../json-api/index.ts'
import type { PublicApi } from '../public-api.ts'
import { vcsProviders } from '../resources/index.ts'

import { relatedRow, type Changes } from './writes.ts'

export interface RepositorySettings {
  readonly 'vcs-repo'?:
    | {
        readonly identifier: string
        readonly branch?: string | null | undefined
        readonly path?: string | null | undefined
      }
    | null
    | undefined
}

/**
 * What a body says of the repository of a hook or a policy group. Without a VCS provider the repository is a
 * note, and the files come by upload.
 * @param options `before`: the hook or group as it is, `undefined` for a new one; `isOtherwiseSame`: whether what
 * else decides about its files stays as it is
 */
export function repositoryBinding(
  api: PublicApi,
  accountId: string,
  body: WriteBody<RepositorySettings>,
  options: { readonly before?: Row | undefined; readonly isOtherwiseSame?: boolean } = {},
): { readonly columns: Changes; readonly isNew: boolean } {
  const { before, isOtherwiseSame = true } = options
  const given = body.attributes['vcs-repo']
  const repoBefore = before === undefined ? null : nullableTextOf(before, 'vcs_repo_json')
  const providerBefore = before === undefined ? null : nullableTextOf(before, 'vcs_provider_id')
  const named = body.one('vcs-provider')
  const repoJson = given === undefined ? repoBefore : given === null ? null : JSON.stringify(given)
  const providerId = named === undefined ? providerBefore : named
  if (typeof named === 'string') {
    relatedRow(api, accountId, { name: 'vcs-provider', resource: vcsProviders, id: named })
  }
  if (providerId !== null && repoJson === null) {
    throw invalidAttribute('vcs-repo', 'VCS repository cannot be empty with a VCS provider.')
  }
  const isSame = providerId === providerBefore && repoJson === repoBefore && isOtherwiseSame
  return {
    columns: {
      vcs_repo_json: repoJson,
      vcs_provider_id: providerId,
      ...(isSame ? {} : { vcs_head_sha: null }),
    },
    isNew: !isSame && providerId !== null,
  }
}

import { nullableTextOf, type Row, type WriteBody } from '../json-api/index.ts'
import type { PublicApi } from '../public-api.ts'

import { repositoryBinding, type RepositorySettings } from './repository-binding.ts'

interface PolicySettings extends RepositorySettings {
  readonly 'common-functions-folder'?: string | null | undefined
}

/** What a body says of a policy group's repository: another folder of functions makes other policies, too. */
export function policyBinding(
  api: PublicApi,
  accountId: string,
  body: WriteBody<PolicySettings>,
  before?: Row,
): ReturnType<typeof repositoryBinding> {
  const folder = body.attributes['common-functions-folder']
  const isOtherwiseSame =
    folder === undefined ||
    before === undefined ||
    folder === nullableTextOf(before, 'common_functions_folder')
  return repositoryBinding(api, accountId, body, { before, isOtherwiseSame })
}

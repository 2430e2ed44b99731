import { accountDefinition } from '../definitions/index.ts'
import { ResourceClient } from '../resource-client.ts'
import type { ScalrApi } from '../scalr-api.ts'
import { RelatedIds } from './related-ids.ts'

export class AccountsClient extends ResourceClient<typeof accountDefinition> {
  /** Users who may sign in without the account's single sign-on. */
  readonly ssoBypassUsers: RelatedIds

  constructor(api: ScalrApi) {
    super(api, accountDefinition)
    this.ssoBypassUsers = new RelatedIds(api, {
      owner: accountDefinition,
      relation: 'sso-bypass-users',
      type: 'users',
      label: 'users beside single sign-on',
    })
  }
}

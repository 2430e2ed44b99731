import { pathSegment } from '../../http/index.ts'
import { accessTokenDefinition, type AccessToken } from '../definitions/index.ts'
import type { ListOptions } from '../list-query.ts'
import type { Listing } from '../listing.ts'
import { ResourceClient, type WriteOptions } from '../resource-client.ts'
import type { CreateOf } from '../resource-types.ts'
import type { ScalrApi } from '../scalr-api.ts'

type Definition = typeof accessTokenDefinition

/** Access tokens: of the caller, of service accounts, and those that agents of a pool register with. */
export class AccessTokensClient extends ResourceClient<Definition> {
  constructor(api: ScalrApi) {
    super(api, accessTokenDefinition)
  }

  /**
   * A token for the agents of a pool. Its `token` is in this answer alone, and is not enumerable, so
   * that logging the answer does not show it.
   */
  async createForPool(
    poolId: string,
    fields: CreateOf<Definition> = {},
    options?: WriteOptions<Definition, 'create'>,
  ): Promise<AccessToken> {
    return await this.createAt(poolTokens(poolId), fields, options)
  }

  /** A token for the programs of a service account; shown once, as above. */
  async createForServiceAccount(
    serviceAccountId: string,
    fields: CreateOf<Definition> = {},
    options?: WriteOptions<Definition, 'create'>,
  ): Promise<AccessToken> {
    return await this.createAt(accountTokens(serviceAccountId), fields, options)
  }

  listForServiceAccount(
    serviceAccountId: string,
    options: ListOptions<Definition> = {},
  ): Listing<AccessToken> {
    return this.listAt(accountTokens(serviceAccountId), options)
  }

  listForPool(
    poolId: string,
    options: Omit<ListOptions<Definition>, 'filter'> = {},
  ): Listing<AccessToken> {
    return this.listAt(poolTokens(poolId), options)
  }
}

function accountTokens(serviceAccountId: string): string {
  const id = pathSegment(serviceAccountId, 'the id of a service account')
  return `/service-accounts/${id}/access-tokens`
}

function poolTokens(poolId: string): string {
  return `/agent-pools/${pathSegment(poolId, 'the id of an agent pool')}/access-tokens`
}

import { environmentDefinition, type Environment } from '../definitions/index.ts'
import { ResourceClient, type CallOptions } from '../resource-client.ts'
import type { ScalrApi } from '../scalr-api.ts'
import { RelatedIds, tagsOf } from './related-ids.ts'

export class EnvironmentsClient extends ResourceClient<typeof environmentDefinition> {
  readonly tags: RelatedIds
  /** Environments that may read the states of this one. */
  readonly federatedEnvironments: RelatedIds

  constructor(api: ScalrApi) {
    super(api, environmentDefinition)
    this.tags = tagsOf(api, environmentDefinition)
    this.federatedEnvironments = new RelatedIds(api, {
      owner: environmentDefinition,
      relation: 'federated-environments',
      type: 'environments',
      label: 'federated environments',
    })
  }

  /** Queues no more runs in it. @throws `ApiError` 409 when it is locked already */
  async lock(
    id: string,
    options: CallOptions & { readonly reason?: string } = {},
  ): Promise<Environment> {
    const { reason, ...rest } = options
    return await this.actionDocument(id, 'lock', reason === undefined ? {} : { reason }, rest)
  }

  /** @throws `ApiError` 409 when it is not locked */
  async unlock(id: string, options: CallOptions = {}): Promise<Environment> {
    return await this.actionDocument(id, 'unlock', undefined, options)
  }

  /** Marks it for the user whose token this is. */
  async favorite(id: string, options: CallOptions = {}): Promise<Environment> {
    return await this.actionDocument(id, 'favorite', undefined, options)
  }

  async unfavorite(id: string, options: CallOptions = {}): Promise<Environment> {
    return await this.actionDocument(id, 'unfavorite', undefined, options)
  }
}

import { environmentDefinition } from '../definitions/index.ts'
import { ResourceClient } from '../resource-client.ts'
import type { ScalrApi } from '../scalr-api.ts'
import { TagsOf } from './tags-of.ts'

export class EnvironmentsClient extends ResourceClient<typeof environmentDefinition> {
  readonly tags: TagsOf

  constructor(api: ScalrApi) {
    super(api, environmentDefinition)
    this.tags = new TagsOf(api, environmentDefinition)
  }
}

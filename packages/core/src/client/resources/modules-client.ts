import type { moduleDefinition } from '../definitions/index.ts'
import { ResourceClient, type CallOptions } from '../resource-client.ts'

export class ModulesClient extends ResourceClient<typeof moduleDefinition> {
  /**
   * Looks at the tags of the repository again; with `force` at those versions too that are there already.
   *
   * @throws `ApiError` 409 while it is being done
   */
  async resync(
    id: string,
    options: CallOptions & { readonly force?: boolean } = {},
  ): Promise<void> {
    const { force, ...rest } = options
    await this.action(id, 'resync', force === undefined ? {} : { force }, rest)
  }
}

import { ConfigurationError } from '../../errors/index.ts'
import { pathSegment } from '../../http/index.ts'
import { policyGroupDefinition, type PolicyGroup } from '../definitions/index.ts'
import { identifiers, jsonApiMediaType } from '../json-api.ts'
import { ResourceClient, type CallOptions } from '../resource-client.ts'
import type { ScalrApi } from '../scalr-api.ts'
import { uploadFile, type FileSource } from '../upload-file.ts'

export class PolicyGroupsClient extends ResourceClient<typeof policyGroupDefinition> {
  readonly #api: ScalrApi

  constructor(api: ScalrApi) {
    super(api, policyGroupDefinition)
    this.#api = api
  }

  /**
   * Uploads the group's policies, a tar.gz with `scalr-policy.hcl`; again replaces them. Of the embedded
   * control plane alone, for groups without a VCS provider.
   *
   * @throws `ApiError` 422 with file and line of what is wrong; what was there before stays in force
   */
  async upload(
    group: Pick<PolicyGroup, 'id' | 'uploadUrl'>,
    archive: FileSource,
    options: CallOptions = {},
  ): Promise<void> {
    if (group.uploadUrl === null) {
      throw new ConfigurationError(
        `Cannot upload the policy group ${group.id}: the server fetches policies from their VCS and takes no upload.`,
      )
    }
    const doing = `upload the policy group ${group.id}`
    await uploadFile(this.#api, doing, group.uploadUrl, archive, options)
  }

  /**
   * Fetches the policies of the group's repository again.
   *
   * @throws `ApiError` 409 while it is being done, and when the group has no repository
   */
  async resync(id: string, options: CallOptions = {}): Promise<void> {
    await this.action(id, 'resync', undefined, options)
  }

  /** Links the group to environments: runs there are checked by it from then on. */
  async link(
    id: string,
    environmentIds: readonly string[],
    options: CallOptions = {},
  ): Promise<void> {
    await this.#api.status(
      {
        doing: `link the policy group ${id} to environments`,
        method: 'POST',
        path: this.pathOf(id, '/relationships/environments'),
        signal: options.signal,
      },
      {
        mediaType: jsonApiMediaType,
        value: identifiers('environments', environmentIds),
      },
    )
  }

  /** Ends the link to one environment. @throws `ApiError` 404 when there is none */
  async unlink(id: string, environmentId: string, options: CallOptions = {}): Promise<void> {
    const environment = pathSegment(environmentId, 'the id of an environment')
    await this.#api.status({
      doing: `unlink the policy group ${id} from the environment ${environmentId}`,
      method: 'DELETE',
      path: this.pathOf(id, `/relationships/environments/${environment}`),
      signal: options.signal,
    })
  }
}

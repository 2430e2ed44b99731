import { ConfigurationError } from '../../errors/index.ts'
import { hookDefinition, type Hook } from '../definitions/index.ts'
import { ResourceClient, type CallOptions } from '../resource-client.ts'
import type { ScalrApi } from '../scalr-api.ts'
import { uploadFile, type FileSource } from '../upload-file.ts'

export class HooksClient extends ResourceClient<typeof hookDefinition> {
  readonly #api: ScalrApi

  constructor(api: ScalrApi) {
    super(api, hookDefinition)
    this.#api = api
  }

  /**
   * Uploads the hook's files, a tar.gz that holds its script; again replaces them. Of the embedded control
   * plane alone: Scalr fetches them from the VCS.
   */
  async upload(
    hook: Pick<Hook, 'id' | 'uploadUrl'>,
    archive: FileSource,
    options: CallOptions = {},
  ): Promise<void> {
    if (hook.uploadUrl === null) {
      throw new ConfigurationError(
        `Cannot upload the hook ${hook.id}: the server fetches hooks from their VCS and takes no upload.`,
      )
    }
    await uploadFile(this.#api, `upload the hook ${hook.id}`, hook.uploadUrl, archive, options)
  }

  /** Fetches the hook's files from its repository again. */
  async resync(id: string, options: CallOptions = {}): Promise<void> {
    await this.action(id, 'resync', undefined, options)
  }
}

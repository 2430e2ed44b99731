import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'

import { ConfigurationError } from '../../errors/index.ts'
import { configurationVersionDefinition, type ConfigurationVersion } from '../definitions/index.ts'
import { ResourceClient, type CallOptions } from '../resource-client.ts'
import type { CreateOf } from '../resource-types.ts'
import { packConfiguration } from '../runs/pack-configuration.ts'
import type { ScalrApi } from '../scalr-api.ts'
import { uploadFile, type FileSource } from '../upload-file.ts'

export class ConfigurationVersionsClient extends ResourceClient<
  typeof configurationVersionDefinition
> {
  readonly #api: ScalrApi

  constructor(api: ScalrApi) {
    super(api, configurationVersionDefinition)
    this.#api = api
  }

  /** Uploads the configuration, a tar.gz, to the link in the answer of `create`. */
  async upload(
    version: Pick<ConfigurationVersion, 'id' | 'uploadUrl'>,
    archive: FileSource,
    options: CallOptions = {},
  ): Promise<void> {
    if (version.uploadUrl === null) {
      throw new ConfigurationError(
        `Cannot upload the configuration version ${version.id}: it has no upload link. Only the answer to create() has one.`,
      )
    }
    const doing = `upload the configuration version ${version.id}`
    await uploadFile(this.#api, doing, version.uploadUrl, archive, options)
  }

  /**
   * Makes a configuration version of a directory: packs it without what its `.terraformignore` names, and
   * uploads it.
   *
   * @throws `ConfigurationError` when the directory cannot be packed; nothing was created then
   */
  async uploadDirectory(
    workspaceId: string,
    directory: string,
    options: CallOptions &
      Pick<CreateOf<typeof configurationVersionDefinition>, 'autoQueueRuns' | 'isDry'> = {},
  ): Promise<ConfigurationVersion> {
    const { signal, ...fields } = options
    await using packed = await packConfiguration(directory, { signal })
    const version = await this.create({ workspaceId, ...fields }, { signal })
    const archive = { bytes: packed.bytes, open: () => createReadStream(packed.path) }
    await this.upload(version, archive, { signal })
    return version
  }

  /** @internal Of `WorkspacesClient.resync`. */
  async resynced(
    workspaceId: string,
    path: string,
    options: CallOptions,
  ): Promise<ConfigurationVersion> {
    const doing = `resync the workspace ${workspaceId}`
    return await this.document({ doing, method: 'POST', path, ...options })
  }

  /** The uploaded tar.gz. */
  async download(id: string, options: CallOptions = {}): Promise<Readable> {
    return await this.#api.stream({
      doing: `download the configuration version ${id}`,
      path: this.pathOf(id, '/download'),
      accept: 'application/octet-stream',
      signal: options.signal,
    })
  }
}

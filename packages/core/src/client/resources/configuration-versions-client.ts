import type { Readable } from 'node:stream'

import { ConfigurationError } from '../../errors/index.ts'
import { configurationVersionDefinition, type ConfigurationVersion } from '../definitions/index.ts'
import { ResourceClient, type CallOptions } from '../resource-client.ts'
import type { ScalrApi } from '../scalr-api.ts'

/** Bytes to send, or how to open them: a stream is opened anew for every attempt. */
export type FileSource = Uint8Array | { readonly bytes?: number; readonly open: () => Readable }

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
    await this.#api.upload(
      {
        doing: `upload the configuration version ${version.id}`,
        method: 'PUT',
        link: version.uploadUrl,
        signal: options.signal,
      },
      archive instanceof Uint8Array
        ? { bytes: archive.byteLength, body: archive }
        : { bytes: archive.bytes, body: archive.open },
    )
  }

  /** The uploaded tar.gz. */
  async download(id: string, options: CallOptions = {}): Promise<Readable> {
    return await this.#api.download(
      {
        doing: `download the configuration version ${id}`,
        path: this.pathOf(id, '/download'),
        accept: 'application/octet-stream',
        signal: options.signal,
      },
      async (answer) => answer.body,
    )
  }
}

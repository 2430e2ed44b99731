import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'

import { z } from 'zod'

import { ConfigurationError } from '../../errors/index.ts'
import { stateVersionDefinition, type StateVersion } from '../definitions/index.ts'
import { ResourceClient, type CallOptions } from '../resource-client.ts'
import type { ScalrApi } from '../scalr-api.ts'

const stateFileSchema = z.looseObject({
  serial: z.int().nonnegative(),
  lineage: z.string().min(1),
})

export class StateVersionsClient extends ResourceClient<typeof stateVersionDefinition> {
  readonly #api: ScalrApi

  constructor(api: ScalrApi) {
    super(api, stateVersionDefinition)
    this.#api = api
  }

  /**
   * Makes a state version of a whole `terraform.tfstate`; serial, lineage and MD5 are taken from it.
   *
   * @throws `ConfigurationError` when the bytes are no state
   * @throws `ApiError` 409 or 412 when it does not follow the current one
   */
  async upload(
    workspaceId: string,
    state: Uint8Array,
    options: CallOptions & { readonly force?: boolean; readonly runId?: string } = {},
  ): Promise<StateVersion> {
    const { serial, lineage } = readStateFile(state)
    const { force, runId, signal } = options
    return await this.create(
      {
        workspaceId,
        runId,
        force,
        serial,
        lineage,
        md5: createHash('md5').update(state).digest('hex'),
        state: Buffer.from(state).toString('base64'),
      },
      { signal },
    )
  }

  /** The `terraform.tfstate` itself, which may hold secrets. */
  async download(id: string, options: CallOptions = {}): Promise<Readable> {
    return await this.#api.stream({
      doing: `download the state version ${id}`,
      path: this.pathOf(id, '/download'),
      accept: 'application/json, application/octet-stream',
      signal: options.signal,
    })
  }

  /** @internal Of `WorkspacesClient.currentStateVersion`. */
  async currentOf(workspaceId: string, path: string, options: CallOptions): Promise<StateVersion> {
    const doing = `get the current state version of the workspace ${workspaceId}`
    return await this.document({ doing, method: 'GET', path, signal: options.signal })
  }
}

function readStateFile(state: Uint8Array): z.infer<typeof stateFileSchema> {
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(state).toString('utf8'))
  } catch {
    // The parser's message would quote the state.
    throw new ConfigurationError('Cannot upload the state: it is not JSON.')
  }
  const result = stateFileSchema.safeParse(value)
  if (!result.success) {
    throw new ConfigurationError(
      'Cannot upload the state: it has no serial or lineage, so it is no Terraform state.',
    )
  }
  return result.data
}

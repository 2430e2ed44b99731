import { z } from 'zod'

import {
  workspaceDefinition,
  type ConfigurationVersion,
  type StateVersion,
  type Workspace,
} from '../definitions/index.ts'
import { ResourceClient, type CallOptions } from '../resource-client.ts'
import type { ScalrApi } from '../scalr-api.ts'
import type { ConfigurationVersionsClient } from './configuration-versions-client.ts'
import type { StateVersionsClient } from './state-versions-client.ts'
import { TagsOf } from './tags-of.ts'

const outputsSchema = z.looseObject({
  data: z.array(
    z.object({ name: z.string(), value: z.unknown(), sensitive: z.boolean().default(false) }),
  ),
})

/** An output of the current state. The value of a sensitive one may be withheld. */
export interface WorkspaceOutput {
  readonly name: string
  readonly value: unknown
  readonly sensitive: boolean
}

export class WorkspacesClient extends ResourceClient<typeof workspaceDefinition> {
  readonly #api: ScalrApi
  readonly #states: StateVersionsClient
  readonly #configurations: ConfigurationVersionsClient
  readonly tags: TagsOf

  constructor(
    api: ScalrApi,
    others: {
      readonly stateVersions: StateVersionsClient
      readonly configurations: ConfigurationVersionsClient
    },
  ) {
    super(api, workspaceDefinition)
    this.#api = api
    this.#states = others.stateVersions
    this.#configurations = others.configurations
    this.tags = new TagsOf(api, workspaceDefinition)
  }

  /**
   * Makes a configuration version of what the workspace's repository holds now.
   *
   * @throws `ApiError` 409 when it has none
   */
  async resync(id: string, options: CallOptions = {}): Promise<ConfigurationVersion> {
    return await this.#configurations.resynced(id, this.pathOf(id, '/actions/resync'), options)
  }

  /** @throws `ApiError` 409 when it is locked already */
  async lock(
    id: string,
    options: CallOptions & { readonly reason?: string } = {},
  ): Promise<Workspace> {
    const { reason, ...rest } = options
    return await this.actionDocument(id, 'lock', reason === undefined ? {} : { reason }, rest)
  }

  /** @throws `ApiError` 409 when it is not locked, or by somebody else */
  async unlock(id: string, options: CallOptions = {}): Promise<Workspace> {
    return await this.actionDocument(id, 'unlock', {}, options)
  }

  /**
   * Releases Terraform's lock on the state, as `terraform force-unlock` does. Only once nothing works on it
   * any more: `agentStateLock` says who took it. Of the embedded control plane alone.
   *
   * @throws `ApiError` 409 when another lock is held, or the run that took it is still at work
   */
  async unlockState(id: string, lockId: string, options: CallOptions = {}): Promise<Workspace> {
    return await this.actionDocument(id, 'unlock-state', { 'lock-id': lockId }, options)
  }

  /** @throws `ApiError` 404 when the workspace has no state yet */
  async currentStateVersion(id: string, options: CallOptions = {}): Promise<StateVersion> {
    return await this.#states.currentOf(id, this.pathOf(id, '/current-state-version'), options)
  }

  /** Outputs of the current state. */
  async outputs(id: string, options: CallOptions = {}): Promise<readonly WorkspaceOutput[]> {
    const { value } = await this.#api.json(
      {
        doing: `get the outputs of the workspace ${id}`,
        method: 'GET',
        path: this.pathOf(id, '/outputs'),
        signal: options.signal,
      },
      outputsSchema,
    )
    return value.data
  }
}

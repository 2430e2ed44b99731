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
import { RelatedIds, tagsOf } from './related-ids.ts'

const outputsSchema = z.object({
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
  readonly tags: RelatedIds
  /** Workspaces that may read the state of this one. */
  readonly remoteStateConsumers: RelatedIds

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
    this.tags = tagsOf(api, workspaceDefinition)
    this.remoteStateConsumers = new RelatedIds(api, {
      owner: workspaceDefinition,
      relation: 'remote-state-consumers',
      type: 'workspaces',
      label: 'readers of the state',
    })
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
    return await this.actionDocument(id, 'unlock', undefined, options)
  }

  /** Marks it for the user whose token this is. */
  async favorite(id: string, options: CallOptions = {}): Promise<Workspace> {
    return await this.actionDocument(id, 'favorite', undefined, options)
  }

  async unfavorite(id: string, options: CallOptions = {}): Promise<Workspace> {
    return await this.actionDocument(id, 'unfavorite', undefined, options)
  }

  /** When runs begin by themselves: cron expressions in UTC; `null` ends a schedule, absent keeps it. */
  async setSchedule(
    id: string,
    schedule: {
      readonly applySchedule?: string | null | undefined
      readonly destroySchedule?: string | null | undefined
    },
    options: CallOptions = {},
  ): Promise<Workspace> {
    const { applySchedule, destroySchedule } = schedule
    const body = { 'apply-schedule': applySchedule, 'destroy-schedule': destroySchedule }
    return await this.actionDocument(id, 'set-schedule', body, options)
  }

  /** Gives the jobs of the workspace an SSH key, e.g. for modules in private repositories. */
  async linkSshKey(id: string, sshKeyId: string, options: CallOptions = {}): Promise<Workspace> {
    return await this.document(
      {
        doing: `link the SSH key ${sshKeyId} to the workspace ${id}`,
        method: 'POST',
        path: this.pathOf(id, '/ssh-key-links'),
        signal: options.signal,
      },
      { mediaType: 'application/json', value: { 'ssh-key': sshKeyId } },
    )
  }

  async unlinkSshKey(id: string, options: CallOptions = {}): Promise<void> {
    await this.#api.status({
      doing: `unlink the SSH key of the workspace ${id}`,
      method: 'DELETE',
      path: this.pathOf(id, '/ssh-key-links'),
      signal: options.signal,
    })
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

  /** Outputs of the current state. Of numbers beyond 2^53 the last digits are lost, as in any JavaScript. */
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

import { flag, instant, map, text } from '../kind.ts'
import { always, defineResource, many, one, read, required, write } from '../resource-definition.ts'
import type { ReadOf } from '../resource-types.ts'

export const environmentDefinition = defineResource({
  type: 'environments',
  path: '/environments',
  label: 'environment',
  attributes: {
    createdAt: read(instant),
    createdByEmail: read(text),
    favorite: read(flag),
    isFederatedToAccount: write(flag),
    lockReason: read(text),
    locked: read(flag),
    maskSensitiveOutput: write(flag),
    name: required(text),
    permissions: read(map),
    remoteBackend: write(flag),
    remoteBackendOverridable: write(flag),
    status: always(text),
    updatedAt: read(instant),
  },
  relations: {
    account: one('accounts'),
    createdBy: one('users', 'read'),
    defaultProviderConfigurations: many('provider-configurations'),
    defaultWorkspaceAgentPool: one('agent-pools'),
    driftDetectionSchedules: many('drift-detection-schedule', 'read'),
    lockedBy: one('users', 'read'),
    policyGroups: many('policy-groups', 'read'),
    providerConfigurations: many('provider-configurations', 'read'),
    storageProfile: one('storage-profiles'),
    tags: many('tags'),
    updatedBy: one('users', 'read'),
  },
  include: [
    'account',
    'createdBy',
    'defaultProviderConfigurations',
    'defaultWorkspaceAgentPool',
    'driftDetectionSchedules',
    'lockedBy',
    'policyGroups',
    'providerConfigurations',
    'storageProfile',
    'tags',
  ],
  filter: [
    'account',
    'environment',
    'latestRunDate',
    'policyGroup',
    'storageProfile',
    'tag',
    'name',
    'favorite',
  ],
  sort: ['account', 'createdAt', 'createdByEmail', 'name'],
})

/** A group of workspaces. */
export type Environment = ReadOf<typeof environmentDefinition>

import { flag, instant, map, text } from '../kind.ts'
import {
  always,
  defineResource,
  many,
  one,
  parameter,
  read,
  required,
  write,
} from '../resource-definition.ts'
import type { ReadOf } from '../resource-types.ts'

export const environmentDefinition = defineResource({
  type: 'environments',
  path: '/environments',
  label: 'environment',
  operations: ['list', 'create', 'get', 'update', 'delete'],
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
  sparse: {
    on: ['list', 'get'],
    types: [
      'accounts',
      'agent-pools',
      'drift-detection-schedule',
      'environments',
      'policy-groups',
      'provider-configurations',
      'storage-profiles',
      'tags',
      'users',
    ],
  },
  parameters: {
    list: {
      query: parameter('query', text),
      favoriteFirst: parameter('sort[favorite-first]', flag),
    },
    get: { trackAccess: parameter('track_access', flag) },
  },
})

/** A group of workspaces. */
export type Environment = ReadOf<typeof environmentDefinition>

import { choice, flag, list, needed, nullable, shape, text } from '../kind.ts'
import { defineResource, many, one, read, required, write } from '../resource-definition.ts'
import type { ReadOf } from '../resource-types.ts'

export const agentPoolDefinition = defineResource({
  type: 'agent-pools',
  path: '/agent-pools',
  label: 'agent pool',
  operations: ['list', 'create', 'get', 'update', 'delete'],
  attributes: {
    default: write(flag),
    features: read(list(choice('relay'))),
    inUse: read(flag),
    isScalrManaged: read(flag),
    isShared: write(flag),
    name: required(text),
    vcsEnabled: write(flag),
    webhookEnabled: write(flag),
    webhookHeaders: write(
      nullable(list(shape({ name: needed(text), sensitive: flag, value: needed(nullable(text)) }))),
    ),
    webhookUrl: write(nullable(text)),
  },
  relations: {
    account: one('accounts'),
    agents: many('agents', 'read'),
    defaultEnvironments: many('environments', 'read'),
    environment: one('environments'),
    environments: many('environments'),
    workspaces: many('workspaces'),
  },
  include: ['account', 'agents', 'environment', 'environments', 'workspaces'],
  filter: ['agentPool', 'name', 'vcsEnabled', 'inUse', 'isShared', 'account', 'environment'],
  sort: ['account', 'environment', 'inUse', 'name', 'vcsEnabled'],
  includeOnWrite: true,
})

/** A pool of agents: workspaces name it, and its agents take their jobs. */
export type AgentPool = ReadOf<typeof agentPoolDefinition>

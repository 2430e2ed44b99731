import { choice, flag, list, shape, text } from '../kind.ts'
import { defineResource, many, one, read, required, write } from '../resource-definition.ts'
import type { ReadOf } from '../resource-types.ts'

export const agentPoolDefinition = defineResource({
  type: 'agent-pools',
  path: '/agent-pools',
  label: 'agent pool',
  attributes: {
    default: write(flag),
    features: read(list(choice('relay'))),
    inUse: read(flag),
    isScalrManaged: read(flag),
    isShared: write(flag),
    name: required(text),
    vcsEnabled: write(flag),
    webhookEnabled: write(flag),
    webhookHeaders: write(list(shape({ name: text, sensitive: flag, value: text }))),
    webhookUrl: write(text),
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
})

/** A pool of agents: workspaces name it, and its agents take their jobs. */
export type AgentPool = ReadOf<typeof agentPoolDefinition>

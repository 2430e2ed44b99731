import { count, flag, instant, list, shape, text } from '../kind.ts'
import { defineResource, one, read, required, write } from '../resource-definition.ts'
import type { ReadOf } from '../resource-types.ts'

export const accountDefinition = defineResource({
  type: 'accounts',
  path: '/accounts',
  label: 'account',
  operations: ['list', 'get', 'update'],
  attributes: {
    allowedIps: write(list(text)),
    createdAt: read(instant),
    name: required(text),
    quotas: write(
      shape({
        agentRelayAvailable: flag,
        agents: count,
        beforeAfterHooksAvailable: flag,
        environments: count,
        maxConcurrentRuns: count,
        policyGroupChecksAvailable: flag,
        policyGroups: count,
        registryModules: count,
        registryTemplates: count,
        runTriggers: count,
        serviceAccountsAvailable: flag,
        ssoAvailable: flag,
        users: count,
        vcsProviders: count,
        workspaces: count,
      }),
    ),
    supportAccessEnabled: write(flag),
  },
  relations: {
    billingPlan: one('billing-plans', 'read'),
    identityProvider: one('identity-providers'),
    owner: one('users'),
  },
  include: ['billingPlan', 'identityProvider', 'owner'],
  filter: ['name'],
  sort: [],
  sparse: { on: ['list'], types: ['accounts', 'billing-plans', 'identity-providers', 'users'] },
})

/** The account that everything else belongs to. */
export type Account = ReadOf<typeof accountDefinition>

import { choice, flag, instant, needed, nullable, shape, text } from '../kind.ts'
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

export const policyGroupDefinition = defineResource({
  type: 'policy-groups',
  path: '/policy-groups',
  label: 'policy group',
  operations: ['list', 'create', 'get', 'update', 'delete'],
  attributes: {
    commonFunctionsFolder: write(nullable(text)),
    createdAt: read(instant),
    errorMessage: read(text),
    executeAs: write(choice('pre_plan_check', 'policy_check')),
    isEnforced: write(flag),
    name: required(text),
    opaVersion: write(text),
    status: always(choice('fetching', 'active', 'errored')),
    vcsRepo: write(
      shape({ branch: nullable(text), identifier: needed(text), path: nullable(text) }),
    ),
  },
  relations: {
    account: one('accounts'),
    environments: many('environments', 'read'),
    policies: many('policies', 'read'),
    vcsProvider: one('vcs-providers'),
    vcsRevision: one('vcs-revisions', 'read'),
  },
  /** Of the embedded control plane alone. */
  links: { uploadUrl: 'upload' },
  include: ['account', 'policies', 'vcsProvider', 'vcsRevision'],
  filter: ['policyGroup', 'environment', 'softwareVersion', 'vcsProvider', 'name'],
  sort: ['account', 'createdAt', 'name', 'status'],
  includeOnWrite: true,
  sparse: {
    on: ['list'],
    types: ['accounts', 'policies', 'policy-groups', 'vcs-providers', 'vcs-revisions'],
  },
  parameters: {
    list: { query: parameter('query', text) },
  },
})

/** OPA policies that runs of some environments, or of all, are checked by. */
export type PolicyGroup = ReadOf<typeof policyGroupDefinition>

import { choice, flag, instant, shape, text } from '../kind.ts'
import { always, defineResource, many, one, read, required, write } from '../resource-definition.ts'
import type { ReadOf } from '../resource-types.ts'

export const policyGroupDefinition = defineResource({
  type: 'policy-groups',
  path: '/policy-groups',
  label: 'policy group',
  attributes: {
    commonFunctionsFolder: write(text),
    createdAt: read(instant),
    errorMessage: read(text),
    executeAs: write(choice('pre_plan_check', 'policy_check')),
    isEnforced: write(flag),
    name: required(text),
    opaVersion: write(text),
    status: always(choice('fetching', 'active', 'errored')),
    vcsRepo: write(shape({ branch: text, identifier: text, path: text })),
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
})

/** OPA policies that runs of some environments, or of all, are checked by. */
export type PolicyGroup = ReadOf<typeof policyGroupDefinition>

import { choice, flag, nullable, text } from '../kind.ts'
import {
  defineResource,
  many,
  one,
  parameter,
  read,
  required,
  secret,
  write,
} from '../resource-definition.ts'
import type { ReadOf } from '../resource-types.ts'

export const vcsProviderDefinition = defineResource({
  type: 'vcs-providers',
  path: '/vcs-providers',
  label: 'VCS provider',
  operations: ['list', 'create', 'get', 'update', 'delete'],
  attributes: {
    /** What the agents call the VCS. Of the embedded control plane alone. */
    agentVcsName: write(nullable(text)),
    /** With which the VCS signs its webhooks; never read back. Of the embedded control plane alone. */
    agentWebhookSecret: secret(write(nullable(text))),
    agentWebhookSecretSet: read(flag),
    appliesEnabled: write(flag),
    authType: required(choice('oauth2', 'personal_token')),
    autoMerge: write(flag),
    checksEnabled: write(flag),
    commentsEnabled: write(flag),
    compareStrategy: write(choice('base-commit', 'previous-commit')),
    draftPrRunsEnabled: write(flag),
    errorMessage: read(text),
    isShared: write(flag),
    name: required(text),
    plansEnabled: write(flag),
    prMergeCommentsEnabled: write(flag),
    /** Not needed, and not kept, where agents have the credentials of the VCS. */
    token: secret(write(nullable(text))),
    url: write(nullable(text)),
    username: write(nullable(text)),
    /** `gitea` is of the embedded control plane alone. */
    vcsType: required(
      choice(
        'github',
        'gitlab',
        'bitbucket',
        'bitbucket_enterprise',
        'gitlab_enterprise',
        'github_enterprise',
        'azure_dev_ops_services',
      ),
    ),
  },
  relations: {
    account: one('accounts'),
    agentPool: one('agent-pools'),
    environments: many('environments'),
  },
  include: ['agentPool'],
  filter: ['vcsProvider', 'vcsType', 'name', 'environment', 'account', 'agentPool'],
  sort: ['name', 'vcsType'],
  sparse: { on: ['list', 'get'], types: ['agent-pools', 'vcs-providers'] },
  parameters: {
    list: { query: parameter('query', text) },
  },
})

/** A VCS that configurations, modules and policies come from, perhaps behind agents. */
export type VcsProvider = ReadOf<typeof vcsProviderDefinition>

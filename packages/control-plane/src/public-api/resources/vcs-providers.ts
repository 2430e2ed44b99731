import { z } from 'zod'

import {
  attribute,
  constant,
  flag,
  nullableText,
  nullableTextOf,
  text,
  toMany,
  toOne,
  type Resource,
} from '../json-api/index.ts'

const linkedSql = `(t.is_shared = 1 OR EXISTS (SELECT 1 FROM vcs_provider_environments l
  WHERE l.vcs_provider_id = t.id AND l.environment_id IN (SELECT value FROM json_each(?))))`

/** VCSs that agents of a pool reach. Their tokens are the agents' own: none is kept here. */
export const vcsProviders: Resource = {
  type: 'vcs-providers',
  operations: { list: 'list_vcs_providers', get: 'get_vcs_provider' },
  model: 'VcsProvider',
  path: '/vcs-providers',
  columns: `t.*,
    (SELECT json_group_array(l.environment_id) FROM vcs_provider_environments l
     WHERE l.vcs_provider_id = t.id) AS environment_ids`,
  from: 'vcs_providers t',
  account: 't.account_id',
  attributes: {
    name: text('name'),
    'vcs-type': text('vcs_type'),
    'auth-type': constant('personal_token', z.string()),
    url: text('url'),
    username: nullableText('username'),
    token: constant(null, z.string().nullable()),
    'is-shared': flag('is_shared'),
    'error-message': nullableText('error_message'),
    'draft-pr-runs-enabled': flag('draft_pr_runs'),
    'applies-enabled': constant(false, z.boolean()),
    'auto-merge': constant(false, z.boolean()),
    'checks-enabled': constant(false, z.boolean()),
    'comments-enabled': constant(false, z.boolean()),
    'compare-strategy': constant('base-commit', z.string()),
    'plans-enabled': constant(false, z.boolean()),
    'pr-merge-comments-enabled': constant(false, z.boolean()),
    // Our own.
    'agent-vcs-name': nullableText('vcs_name'),
    'agent-webhook-secret-set': attribute(
      z.boolean(),
      (row) => nullableTextOf(row, 'webhook_secret') !== null,
    ),
  },
  relations: {
    account: toOne('accounts', 'account_id'),
    'agent-pool': toOne('agent-pools', 'agent_pool_id'),
    environments: toMany('environments', 'environment_ids'),
  },
  filters: {
    'vcs-provider': { column: 't.id' },
    'vcs-type': { column: 't.vcs_type' },
    name: { column: 't.name' },
    environment: { condition: linkedSql },
    account: { column: 't.account_id' },
    'agent-pool': { column: 't.agent_pool_id' },
  },
  searched: ['t.name'],
  sorts: { name: 't.name', 'vcs-type': 't.vcs_type' },
  defaultSort: 't.name',
}

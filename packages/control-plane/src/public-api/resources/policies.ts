import { z } from 'zod'

import {
  attribute,
  constant,
  empty,
  flag,
  json,
  jsonIfSet,
  nullableText,
  nullableTextOf,
  publicApiPath,
  text,
  textIfSet,
  textOf,
  time,
  toMany,
  toOne,
  type Resource,
} from '../json-api/index.ts'

import { agentReport, statusTimestamps, vcsRepo } from './shared-schemas.ts'

/** Groups of OPA policies. Their files come from a repository, or by upload. */
export const policyGroups: Resource = {
  type: 'policy-groups',
  operations: { list: 'list_policy_groups', get: 'get_policy_group' },
  model: 'PolicyGroup',
  path: '/policy-groups',
  columns: `t.*,
    (SELECT json_group_array(l.environment_id) FROM policy_group_environments l
     WHERE l.policy_group_id = t.id) AS environment_ids,
    (SELECT json_group_array(p.id ORDER BY p.name) FROM policies p
     WHERE p.policy_group_id = t.id) AS policy_ids`,
  from: 'policy_groups t',
  account: 't.account_id',
  attributes: {
    name: text('name'),
    status: text('status'),
    'error-message': nullableText('error_message'),
    'opa-version': textIfSet('opa_version'),
    'is-enforced': flag('is_enforced'),
    'execute-as': constant('policy_check', z.string()),
    'common-functions-folder': nullableText('common_functions_folder'),
    'vcs-repo': json('vcs_repo_json', vcsRepo),
    'created-at': time('created_at'),
  },
  relations: {
    account: toOne('accounts', 'account_id'),
    environments: toMany('environments', 'environment_ids'),
    policies: toMany('policies', 'policy_ids'),
    'vcs-provider': toOne('vcs-providers', 'vcs_provider_id'),
    'vcs-revision': empty('vcs-revisions'),
  },
  links: (row, { publicUrl }) => ({
    upload: `${publicUrl()}${publicApiPath}/policy-groups/${textOf(row, 'id')}/upload`,
  }),
  filters: {
    // Scalr's document does not have it, and its clients ask with it.
    account: { column: 't.account_id' },
    'policy-group': { column: 't.id' },
    environment: {
      condition: `(t.is_enforced = 1 OR EXISTS (SELECT 1 FROM policy_group_environments l
        WHERE l.policy_group_id = t.id AND l.environment_id IN (SELECT value FROM json_each(?))))`,
    },
    name: { column: 't.name' },
    // There are no such things here.
    'software-version': { column: 'NULL' },
    'vcs-provider': { column: 't.vcs_provider_id' },
  },
  searched: ['t.name'],
  sorts: {
    account: 't.account_id',
    'created-at': 't.created_at',
    name: 't.name',
    status: 't.status',
  },
  defaultSort: 't.name',
}

/** One policy of a group's present bundle. */
export const policies: Resource = {
  type: 'policies',
  operations: { get: 'get_policy' },
  model: 'Policy',
  path: '/policies',
  columns: 't.*',
  from: 'policies t JOIN policy_groups g ON g.id = t.policy_group_id',
  account: 'g.account_id',
  attributes: {
    name: text('name'),
    enabled: flag('enabled'),
    'enforced-level': text('enforced_level'),
  },
  relations: { 'policy-group': toOne('policy-groups', 'policy_group_id') },
  filters: {},
  sorts: {},
  defaultSort: 't.name',
}

const overrideSchema = z
  .object({ comment: z.string().nullable(), 'user-id': z.string().nullable() })
  .nullable()

/** What the policies say of a run: its phase `policy`. */
export const policyChecks: Resource = {
  type: 'policy-checks',
  operations: { get: 'get_policy_check' },
  model: 'PolicyCheck',
  path: '/policy-checks',
  columns: 't.*, c.result_json, c.error_message, c.override_comment, c.overridden_by',
  from: `phases t JOIN policy_checks c ON c.phase_id = t.id JOIN runs r ON r.id = t.run_id
    JOIN workspaces w ON w.id = r.workspace_id JOIN environments e ON e.id = w.environment_id`,
  account: 'e.account_id',
  attributes: {
    status: text('status'),
    result: jsonIfSet('result_json', z.looseObject({})),
    'status-timestamps': json('status_timestamps_json', statusTimestamps),
    // Every user of this control plane may.
    permissions: constant({ override: true }, z.object({ override: z.boolean() })),
    // Our own.
    'agent-error-message': nullableText('error_message'),
    'agent-override': attribute(overrideSchema, (row) =>
      textOf(row, 'status') === 'overridden'
        ? {
            comment: nullableTextOf(row, 'override_comment'),
            'user-id': nullableTextOf(row, 'overridden_by'),
          }
        : null,
    ),
    'agent-report': json('report_json', agentReport),
  },
  relations: {},
  links: (row) => ({ output: `${publicApiPath}/policy-checks/${textOf(row, 'id')}/output` }),
  filters: {},
  sorts: {},
  defaultSort: 't.id',
}

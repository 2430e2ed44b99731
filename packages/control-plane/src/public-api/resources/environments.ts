import { z } from 'zod'

import {
  byUser,
  constant,
  empty,
  emptyMany,
  flag,
  nullableText,
  nullableTime,
  text,
  time,
  toMany,
  toOne,
  type Resource,
} from '../json-api/index.ts'

export const environments: Resource = {
  type: 'environments',
  operations: { list: 'list_environments', get: 'get_environment' },
  model: 'Environment',
  path: '/environments',
  columns: `t.*, (SELECT email FROM actors WHERE id = t.created_by) AS created_by_email,
    (SELECT json_group_array(g.id ORDER BY g.name) FROM policy_groups g WHERE g.account_id = t.account_id
     AND (g.is_enforced = 1 OR EXISTS (SELECT 1 FROM policy_group_environments l
       WHERE l.policy_group_id = g.id AND l.environment_id = t.id))) AS policy_group_ids,
    (SELECT json_group_array(l.tag_id) FROM environment_tags l WHERE l.environment_id = t.id) AS tag_ids`,
  from: 'environments t',
  account: 't.account_id',
  attributes: {
    name: text('name'),
    status: constant('Active', z.enum(['Active', 'Inactive'])),
    'mask-sensitive-output': flag('mask_sensitive_output'),
    locked: flag('locked'),
    'lock-reason': nullableText('lock_reason'),
    'remote-backend': constant(true, z.boolean()),
    'remote-backend-overridable': flag('remote_backend_overridable'),
    'is-federated-to-account': constant(false, z.boolean()),
    favorite: constant(false, z.boolean()),
    'created-at': time('created_at'),
    'updated-at': nullableTime('updated_at'),
    'created-by-email': nullableText('created_by_email'),
  },
  relations: {
    account: toOne('accounts', 'account_id'),
    'created-by': byUser('created_by'),
    'updated-by': empty('users'),
    'locked-by': empty('users'),
    'default-workspace-agent-pool': toOne('agent-pools', 'default_agent_pool_id'),
    'storage-profile': empty('storage-profiles'),
    'default-provider-configurations': emptyMany('provider-configurations'),
    'provider-configurations': emptyMany('provider-configurations'),
    'drift-detection-schedules': emptyMany('drift-detection-schedule'),
    'policy-groups': toMany('policy-groups', 'policy_group_ids'),
    tags: toMany('tags', 'tag_ids'),
  },
  filters: {
    account: { column: 't.account_id' },
    'latest-run-date': {
      column: `(SELECT max(r.created_at) FROM runs r JOIN workspaces x ON x.id = r.workspace_id
        WHERE x.environment_id = t.id)`,
    },
    // There are no such things here.
    favorite: { column: '0', flag: true },
    'storage-profile': { column: 'NULL' },
    environment: { column: 't.id' },
    name: { column: 't.name' },
    tag: {
      condition: `EXISTS (SELECT 1 FROM environment_tags l WHERE l.environment_id = t.id
        AND l.tag_id IN (SELECT value FROM json_each(?)))`,
    },
    'policy-group': {
      condition: `EXISTS (SELECT 1 FROM policy_groups g WHERE g.id IN (SELECT value FROM json_each(?))
        AND (g.is_enforced = 1 OR EXISTS (SELECT 1 FROM policy_group_environments l
          WHERE l.policy_group_id = g.id AND l.environment_id = t.id)))`,
    },
  },
  switches: { 'sort[favorite-first]': null },
  searched: ['t.name'],
  sorts: {
    account: 't.account_id',
    'created-at': 't.created_at',
    'created-by-email': 'created_by_email',
    name: 't.name',
  },
  defaultSort: 't.name',
}

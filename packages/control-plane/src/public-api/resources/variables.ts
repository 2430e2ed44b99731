import { z } from 'zod'

import {
  attribute,
  byUser,
  flag,
  flagOf,
  nullableText,
  nullableTextOf,
  text,
  time,
  toOne,
  type Resource,
} from '../json-api/index.ts'

export const variables: Resource = {
  type: 'vars',
  operations: { list: 'get_variables', get: 'get_variable' },
  model: 'Variable',
  path: '/vars',
  columns: `t.*, (SELECT email FROM actors WHERE id = t.updated_by) AS updated_by_email`,
  // A workspace's variable belongs to its environment too, for filters; what is stored is its scope.
  from: `variables t LEFT JOIN workspaces w ON w.id = t.workspace_id`,
  account: 't.account_id',
  attributes: {
    key: text('key'),
    value: attribute(z.string().nullable(), (row) =>
      flagOf(row, 'sensitive') ? null : nullableTextOf(row, 'value'),
    ),
    category: text('category'),
    hcl: flag('hcl'),
    sensitive: flag('sensitive'),
    final: flag('final'),
    description: nullableText('description'),
    'updated-at': time('updated_at'),
    'updated-by-email': nullableText('updated_by_email'),
  },
  relations: {
    account: toOne('accounts', 'account_id'),
    environment: toOne('environments', 'environment_id'),
    workspace: toOne('workspaces', 'workspace_id'),
    'updated-by': byUser('updated_by'),
  },
  filters: {
    account: { column: 't.account_id' },
    // `null` asks for what has no such scope.
    workspace: { column: 't.workspace_id' },
    environment: { column: 'COALESCE(t.environment_id, w.environment_id)' },
    var: { column: 't.id' },
    key: { column: 't.key' },
    category: { column: 't.category' },
  },
  searched: ['t.key'],
  sorts: { key: 't.key', 'updated-at': 't.updated_at' },
  defaultSort: 't.key',
}

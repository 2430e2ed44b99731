import { z } from 'zod'

import { readHeaders } from '../../serverless/index.ts'
import {
  attribute,
  constant,
  empty,
  flag,
  jsonOf,
  nullableText,
  text,
  toMany,
  toOne,
  type Resource,
} from '../json-api/index.ts'

/** The values of sensitive ones are never shown again. */
const shownHeaders = z
  .array(z.object({ name: z.string(), value: z.string().nullable(), sensitive: z.boolean() }))
  .nullable()

const usedSql = `(EXISTS (SELECT 1 FROM workspaces w WHERE w.agent_pool_id = t.id)
  OR EXISTS (SELECT 1 FROM environments n WHERE n.default_agent_pool_id = t.id)
  OR EXISTS (SELECT 1 FROM vcs_providers v WHERE v.agent_pool_id = t.id))`

export const agentPools: Resource = {
  type: 'agent-pools',
  operations: { list: 'get_agent_pools', get: 'get_agent_pool' },
  model: 'AgentPool',
  path: '/agent-pools',
  columns: `t.*, ${usedSql} AS in_use,
    (SELECT json_group_array(a.id) FROM agents a WHERE a.pool_id = t.id) AS agent_ids,
    (SELECT json_group_array(w.id) FROM workspaces w WHERE w.agent_pool_id = t.id) AS workspace_ids,
    (SELECT json_group_array(l.environment_id) FROM agent_pool_environments l WHERE l.pool_id = t.id)
      AS environment_ids,
    (SELECT json_group_array(n.id) FROM environments n WHERE n.default_agent_pool_id = t.id)
      AS default_environment_ids`,
  from: 'agent_pools t',
  account: 't.account_id',
  attributes: {
    name: text('name'),
    default: flag('is_default'),
    'is-shared': flag('is_shared'),
    'vcs-enabled': flag('vcs_enabled'),
    'in-use': flag('in_use'),
    'is-scalr-managed': constant(false, z.boolean()),
    features: constant(['relay'], z.array(z.string())),
    'webhook-enabled': flag('webhook_enabled'),
    'webhook-url': nullableText('webhook_url'),
    'webhook-headers': attribute(shownHeaders, (row) => {
      const headers = readHeaders(jsonOf(row, 'webhook_headers_json')) ?? null
      return headers && headers.map((one) => (one.sensitive ? { ...one, value: null } : one))
    }),
  },
  relations: {
    account: toOne('accounts', 'account_id'),
    agents: toMany('agents', 'agent_ids'),
    environment: empty('environments'),
    environments: toMany('environments', 'environment_ids'),
    'default-environments': toMany('environments', 'default_environment_ids'),
    workspaces: toMany('workspaces', 'workspace_ids'),
  },
  filters: {
    account: { column: 't.account_id' },
    'agent-pool': { column: 't.id' },
    name: { column: 't.name' },
    'vcs-enabled': { column: 't.vcs_enabled', flag: true },
    'is-shared': { column: 't.is_shared', flag: true },
    'in-use': { column: usedSql, flag: true },
    // Pools that the environment may use: the shared ones and those linked to it.
    environment: {
      condition: `(t.is_shared = 1 OR EXISTS (SELECT 1 FROM agent_pool_environments l
        WHERE l.pool_id = t.id AND l.environment_id IN (SELECT value FROM json_each(?))))`,
    },
  },
  searched: ['t.name'],
  sorts: {
    // Always unset: `environments` says where a pool may be used.
    environment: 'NULL',
    account: 't.account_id',
    name: 't.name',
    'vcs-enabled': 't.vcs_enabled',
    'in-use': 'in_use',
  },
  defaultSort: 't.name',
}

import { z } from 'zod'

import {
  attribute,
  constant,
  nullableText,
  text,
  textOf,
  time,
  toOne,
  type Resource,
} from '../json-api/index.ts'

/** Our drivers in Scalr's words; what Scalr does not know is `unknown` there. */
const drivers: Readonly<Record<string, 'local' | 'docker' | 'kubernetes' | 'kubernetes-job'>> = {
  local: 'local',
  process: 'local',
  docker: 'docker',
  kubernetes: 'kubernetes',
  'kubernetes-job': 'kubernetes-job',
}

export const agents: Resource = {
  type: 'agents',
  operations: { list: 'get_agents', get: 'get_agent' },
  model: 'Agent',
  path: '/agents',
  columns: 't.*',
  from: 'agents t JOIN agent_pools p ON p.id = t.pool_id',
  account: 'p.account_id',
  attributes: {
    name: text('name'),
    status: attribute(z.enum(['idle', 'busy', 'errored', 'offline']), (row, { engine }) =>
      engine.agentStatus(textOf(row, 'id')),
    ),
    'error-message': nullableText('error_message'),
    version: text('version'),
    os: text('os'),
    runtime: text('runtime'),
    driver: attribute(
      z.enum(['unknown', 'local', 'docker', 'kubernetes', 'kubernetes-job']),
      (row) => drivers[textOf(row, 'driver')] ?? 'unknown',
    ),
    'kubernetes-driver-mode': constant('default', z.string()),
    'cpu-platform': text('cpu_platform'),
    'upgrade-status': constant('none', z.string()),
    'created-at': time('created_at'),
    'last-seen-at': time('last_seen_at'),
    'relay-last-seen-at': constant(null, z.iso.datetime().nullable()),
  },
  relations: { pool: toOne('agent-pools', 'pool_id') },
  filters: {
    agent: { column: 't.id' },
    'agent-pool': { column: 't.pool_id' },
    name: { column: 't.name' },
  },
  searched: ['t.name'],
  sorts: {
    'last-seen-at': 't.last_seen_at',
    name: 't.name',
    os: 't.os',
    pool: 'p.name',
    version: 't.version',
  },
  defaultSort: 't.name',
}

import { constant, text, textOf, toOne, type Resource } from '../json-api/index.ts'

/** Our drivers in Scalr's words; what Scalr does not know is `unknown` there. */
const drivers: Readonly<Record<string, string>> = {
  local: 'local',
  process: 'local',
  docker: 'docker',
  kubernetes: 'kubernetes',
  'kubernetes-job': 'kubernetes-job',
}

export const agents: Resource = {
  type: 'agents',
  model: 'Agent',
  path: '/agents',
  columns: 't.*',
  from: 'agents t JOIN agent_pools p ON p.id = t.pool_id',
  account: 'p.account_id',
  attributes: {
    name: text('name'),
    status: (row, { engine }) => engine.agentStatus(textOf(row, 'id')),
    'error-message': text('error_message'),
    version: text('version'),
    os: text('os'),
    runtime: text('runtime'),
    driver: (row) => drivers[textOf(row, 'driver')] ?? 'unknown',
    'kubernetes-driver-mode': constant('default'),
    'cpu-platform': text('cpu_platform'),
    'upgrade-status': constant('none'),
    'created-at': text('created_at'),
    'last-seen-at': text('last_seen_at'),
    'relay-last-seen-at': constant(null),
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

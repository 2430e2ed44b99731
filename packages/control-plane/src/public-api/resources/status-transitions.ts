import { byUser, nullableText, text, time, type Resource } from '../json-api/index.ts'

/** When a run came into each of its statuses. Read along with the run alone. */
export const statusTransitions: Resource = {
  type: 'status-transitions',
  operations: { get: 'get_status_transition' },
  model: 'StatusTransition',
  path: '/status-transitions',
  onlyIncluded: true,
  columns: 't.run_id, CAST(t.id AS TEXT) AS id, t.status, t.reason, t.user_id, t.occurred_at',
  from: `status_transitions t JOIN runs r ON r.id = t.run_id JOIN workspaces w ON w.id = r.workspace_id
    JOIN environments e ON e.id = w.environment_id`,
  account: 'e.account_id',
  attributes: {
    status: text('status'),
    reason: nullableText('reason'),
    'occurred-at': time('occurred_at'),
  },
  relations: { user: byUser('user_id') },
  filters: {},
  sorts: {},
  defaultSort: 't.id',
}

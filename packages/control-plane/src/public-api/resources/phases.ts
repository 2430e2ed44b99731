import { flag, integer, json, text, textOf, type Resource } from '../json-api/index.ts'
import { publicApiPath } from '../json-api/index.ts'

const from = (phase: string): string =>
  `(SELECT * FROM phases WHERE phase = '${phase}') t JOIN runs r ON r.id = t.run_id
   JOIN workspaces w ON w.id = r.workspace_id JOIN environments e ON e.id = w.environment_id`

const shared = {
  columns: 't.*',
  account: 'e.account_id',
  relations: {},
  filters: {},
  sorts: {},
  defaultSort: 't.id',
} as const

const attributes = {
  status: text('status'),
  'resource-additions': integer('resource_additions'),
  'resource-changes': integer('resource_changes'),
  'resource-destructions': integer('resource_destructions'),
  'status-timestamps': json('status_timestamps_json'),
  'execution-details': () => ({ mode: 'agent' }),
} as const

/** Scalr's plan: the plan phase of a run. */
export const plans: Resource = {
  ...shared,
  type: 'plans',
  model: 'Plan',
  path: '/plans',
  from: from('plan'),
  attributes: { ...attributes, 'has-changes': flag('has_changes') },
  links: (row) => ({
    output: `${publicApiPath}/plans/${textOf(row, 'id')}/output`,
    'json-output': `${publicApiPath}/plans/${textOf(row, 'id')}/json-output`,
  }),
}

/** Scalr's apply: the apply phase of a run. */
export const applies: Resource = {
  ...shared,
  type: 'applies',
  model: 'Apply',
  path: '/applies',
  from: from('apply'),
  attributes,
  links: (row) => ({ output: `${publicApiPath}/applies/${textOf(row, 'id')}/output` }),
}

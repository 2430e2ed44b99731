import { z } from 'zod'

import {
  constant,
  flag,
  json,
  jsonOf,
  nullableInteger,
  publicApiPath,
  text,
  textOf,
  type Resource,
  type Row,
} from '../json-api/index.ts'

import { agentReport, statusTimestamps } from './shared-schemas.ts'

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
  'resource-additions': nullableInteger('resource_additions'),
  'resource-changes': nullableInteger('resource_changes'),
  'resource-destructions': nullableInteger('resource_destructions'),
  'status-timestamps': json('status_timestamps_json', statusTimestamps),
  'execution-details': constant({ mode: 'agent' }, z.looseObject({ mode: z.string() })),
  // Our own: how the job ended, in the words of its agent.
  'agent-report': json('report_json', agentReport),
} as const

const keptSchema = z.looseObject({
  'rescued-state': z.looseObject({ outcome: z.literal('kept') }),
})

/** Whether a state was rescued that could not become the current one, and is here to download. */
export function hasErroredState(phase: Row): boolean {
  return keptSchema.safeParse(jsonOf(phase, 'report_json')).success
}

/** Links of a phase: those that every phase has, and what else there is. */
function linksOf(path: string, row: Row, more: readonly string[] = []): Record<string, string> {
  const names = ['output', ...more, ...(hasErroredState(row) ? ['errored-state'] : [])]
  const base = `${publicApiPath}${path}/${textOf(row, 'id')}`
  return Object.fromEntries(names.map((name) => [name, `${base}/${name}`]))
}

/** Scalr's plan: the plan phase of a run. */
export const plans: Resource = {
  ...shared,
  type: 'plans',
  operations: { get: 'get_plan' },
  model: 'Plan',
  path: '/plans',
  from: from('plan'),
  attributes: { ...attributes, 'has-changes': flag('has_changes') },
  links: (row) => linksOf('/plans', row, ['json-output']),
}

/** Scalr's apply: the apply phase of a run. */
export const applies: Resource = {
  ...shared,
  type: 'applies',
  operations: { get: 'get_apply' },
  model: 'Apply',
  path: '/applies',
  from: from('apply'),
  attributes,
  links: (row) => linksOf('/applies', row),
}

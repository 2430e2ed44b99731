import { z } from 'zod'

import {
  attribute,
  integer,
  json,
  nullableText,
  publicApiPath,
  text,
  textOf,
  time,
  toOne,
  type Resource,
} from '../json-api/index.ts'

const outputsSchema = z.array(
  z.looseObject({
    name: z.string(),
    value: z.unknown().optional(),
    sensitive: z.boolean().default(false),
  }),
)

/** Outputs for people: what is sensitive keeps its name and loses its value. */
export function shownOutputs(outputs: unknown): readonly Record<string, unknown>[] {
  const parsed = outputsSchema.safeParse(outputs)
  if (!parsed.success) return []
  return parsed.data.map(({ name, value, sensitive }) => ({
    name,
    value: sensitive ? null : (value ?? null),
    sensitive,
  }))
}

export const stateVersions: Resource = {
  type: 'state-versions',
  operations: { list: 'list_state_versions', get: 'get_state_version' },
  model: 'StateVersion',
  path: '/state-versions',
  columns: `t.*,
    (SELECT x.id FROM state_versions x WHERE x.workspace_id = t.workspace_id
     AND x.rowid > t.rowid ORDER BY x.rowid LIMIT 1) AS next_id,
    (SELECT x.id FROM state_versions x WHERE x.workspace_id = t.workspace_id
     AND x.rowid < t.rowid ORDER BY x.rowid DESC LIMIT 1) AS previous_id`,
  from: `state_versions t JOIN workspaces w ON w.id = t.workspace_id
    JOIN environments e ON e.id = w.environment_id`,
  account: 'e.account_id',
  attributes: {
    serial: integer('serial'),
    lineage: nullableText('lineage'),
    md5: text('md5'),
    size: integer('bytes'),
    outputs: attribute(z.array(z.looseObject({})), (row) => [
      ...shownOutputs(JSON.parse(textOf(row, 'outputs_json') || '[]')),
    ]),
    resources: json('resources_json', z.array(z.looseObject({}))),
    'created-at': time('created_at'),
  },
  relations: {
    workspace: toOne('workspaces', 'workspace_id'),
    run: toOne('runs', 'run_id'),
    'next-state-version': toOne('state-versions', 'next_id'),
    'previous-state-version': toOne('state-versions', 'previous_id'),
  },
  links: (row) => ({ download: `${publicApiPath}/state-versions/${textOf(row, 'id')}/download` }),
  filters: { workspace: { column: 't.workspace_id' }, run: { column: 't.run_id' } },
  searched: [],
  sorts: { 'created-at': 't.rowid' },
  defaultSort: 't.rowid DESC',
}

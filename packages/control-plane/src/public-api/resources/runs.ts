import { z } from 'zod'

import { runStatuses } from '../../engine/index.ts'
import {
  attribute,
  byUser,
  constant,
  empty,
  emptyMany,
  flag,
  json,
  nullableText,
  text,
  textOf,
  time,
  toMany,
  toOne,
  type Resource,
} from '../json-api/index.ts'

import { never, statusTimestamps } from './shared-schemas.ts'

const phase = (name: string): string =>
  `(SELECT x.id FROM phases x WHERE x.run_id = t.id AND x.phase = '${name}')`

/** Values of sensitive ones are never shown. */
const runVariables = z.array(
  z.object({
    key: z.string(),
    category: z.string(),
    hcl: z.boolean(),
    sensitive: z.boolean(),
    value: z.string().nullable(),
  }),
)

export const runs: Resource = {
  type: 'runs',
  operations: { list: 'get_runs', get: 'get_run' },
  model: 'Run',
  path: '/runs',
  columns: `t.*, w.environment_id AS environment_id, ${phase('plan')} AS plan_id, ${phase('apply')} AS apply_id,
    (SELECT json_group_array(x.id) FROM phases x WHERE x.run_id = t.id AND x.phase = 'policy') AS policy_check_ids,
    (SELECT v.id FROM vcs_revisions v WHERE v.configuration_version_id = t.configuration_version_id) AS vcs_revision_id,
    (SELECT json_group_array(x.id) FROM state_versions x WHERE x.run_id = t.id) AS state_version_ids,
    (SELECT json_group_array(CAST(x.id AS TEXT) ORDER BY x.id) FROM status_transitions x WHERE x.run_id = t.id) AS transition_ids,
    (SELECT json_group_array(json_object('key', v.key, 'category', v.category, 'hcl', json(iif(v.hcl, 'true', 'false')),
      'sensitive', json(iif(v.sensitive, 'true', 'false')), 'value', iif(v.sensitive, NULL, v.value)))
     FROM run_variables v WHERE v.run_id = t.id) AS variables_json`,
  from: 'runs t JOIN workspaces w ON w.id = t.workspace_id JOIN environments e ON e.id = w.environment_id',
  account: 'e.account_id',
  attributes: {
    status: text('status', z.enum(runStatuses)),
    source: text('source'),
    message: nullableText('message'),
    'is-destroy': flag('is_destroy'),
    'is-dry': flag('is_dry'),
    'auto-apply': flag('auto_apply'),
    refresh: flag('refresh'),
    'refresh-only': flag('refresh_only'),
    'save-plan': flag('save_plan'),
    'target-addrs': json('target_addrs_json', z.array(z.string())),
    'replace-addrs': json('replace_addrs_json', z.array(z.string())),
    variables: json('variables_json', runVariables),
    inputs: constant(null, never),
    'iac-platform': text('iac_platform'),
    'has-changes': flag('has_changes'),
    'error-message': nullableText('error_message'),
    'position-in-queue': attribute(z.int().nullable(), (row, { engine }) =>
      engine.positionInQueue(textOf(row, 'id')),
    ),
    // Our own: why it does not start, for people.
    'agent-waiting-reason': attribute(z.string().nullable(), (row, { engine }) =>
      engine.waitingReason(textOf(row, 'id')),
    ),
    'apply-at': constant(null, z.iso.datetime().nullable()),
    'plan-at': constant(null, z.iso.datetime().nullable()),
    'created-at': time('created_at'),
    'status-timestamps': json('status_timestamps_json', statusTimestamps),
  },
  relations: {
    workspace: toOne('workspaces', 'workspace_id'),
    environment: toOne('environments', 'environment_id'),
    'configuration-version': toOne('configuration-versions', 'configuration_version_id'),
    'created-by': byUser('created_by'),
    'created-by-run': empty('runs'),
    plan: toOne('plans', 'plan_id'),
    apply: toOne('applies', 'apply_id'),
    'cost-estimate': empty('cost-estimates'),
    'policy-checks': toMany('policy-checks', 'policy_check_ids'),
    'state-versions': toMany('state-versions', 'state_version_ids'),
    'vcs-revision': toOne('vcs-revisions', 'vcs_revision_id'),
    'status-transitions': toMany('status-transitions', 'transition_ids'),
    tags: emptyMany('tags'),
  },
  filters: {
    account: { column: 'e.account_id' },
    environment: { column: 'w.environment_id' },
    workspace: { column: 't.workspace_id' },
    run: { column: 't.id' },
    status: { column: 't.status' },
    source: { column: 't.source' },
    'created-by': { column: 't.created_by' },
    // No run starts another.
    'created-by-run': { column: 'NULL' },
    'created-at': { column: 't.created_at' },
    // Nobody looks for drifts.
    'resource-drifts': { column: 'NULL' },
    // Runs have no tags.
    tag: { column: 'NULL' },
    'is-dry': { column: 't.is_dry', flag: true },
    'vcs-revision': {
      condition: `EXISTS (SELECT 1 FROM vcs_revisions v
        WHERE v.configuration_version_id = t.configuration_version_id
        AND v.id IN (SELECT value FROM json_each(?)))`,
    },
    'env-or-ws': {
      condition: `EXISTS (SELECT 1 FROM json_each(?) j WHERE j.value IN (w.environment_id, t.workspace_id))`,
    },
  },
  // Runs begin when they can.
  switches: { scheduled: '0' },
  searched: ['t.message'],
  sorts: { 'created-at': 't.sequence' },
  defaultSort: 't.sequence DESC',
}

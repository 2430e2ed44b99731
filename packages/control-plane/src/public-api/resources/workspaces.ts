import { z } from 'zod'

import { stateLockFacts } from '../../engine/index.ts'
import {
  attribute,
  byUser,
  constant,
  empty,
  flag,
  flagOf,
  json,
  nullableInteger,
  nullableText,
  nullableTextOf,
  nullableTime,
  text,
  textIfSet,
  textOf,
  time,
  toMany,
  toOne,
  type Resource,
} from '../json-api/index.ts'

import { never, vcsRepo } from './shared-schemas.ts'

import { holdingRunSql } from './run-statuses.ts'

const hasResourcesSql = `COALESCE((SELECT x.resources_json <> '[]' FROM state_versions x
  WHERE x.workspace_id = t.id ORDER BY x.rowid DESC LIMIT 1), 0)`

const latest = (table: string, order: string, where = ''): string =>
  `(SELECT x.id FROM ${table} x WHERE x.workspace_id = t.id ${where} ORDER BY ${order} DESC LIMIT 1)`

const lockSchema = z
  .object({
    id: z.string(),
    who: z.string().nullable(),
    operation: z.string().nullable(),
    'created-at': z.string(),
    'run-id': z.string().nullable(),
  })
  .nullable()

/** Who holds the state, in the words of the tool. */
const stateLock = attribute(lockSchema, (row) => {
  const id = nullableTextOf(row, 'state_lock_id')
  if (id === null) return null
  const facts = stateLockFacts({
    lock_id: id,
    info_json: textOf(row, 'state_lock_info'),
    run_id: nullableTextOf(row, 'state_lock_run_id'),
    created_at: textOf(row, 'state_lock_created_at'),
  })
  return {
    id: facts.id,
    who: facts.who,
    operation: facts.operation,
    'created-at': facts.createdAt,
    'run-id': facts.runId,
  }
})

export const workspaces: Resource = {
  type: 'workspaces',
  operations: { list: 'get_workspaces', get: 'get_workspace' },
  model: 'Workspace',
  path: '/workspaces',
  columns: `t.*, s.lock_id AS state_lock_id, s.info_json AS state_lock_info, s.run_id AS state_lock_run_id,
    s.created_at AS state_lock_created_at, ${holdingRunSql('t.id')} AS holding_run_id,
    ${latest('runs', 'x.sequence')} AS latest_run_id,
    ${latest('runs', 'x.sequence', "AND x.status <> 'pending'")} AS last_begun_run_id,
    ${latest('configuration_versions', 'x.rowid')} AS latest_configuration_version_id,
    ${latest('configuration_versions', 'x.rowid', "AND x.status = 'uploaded'")} AS configuration_version_id,
    ${hasResourcesSql} AS has_resources,
    (SELECT json_group_array(l.tag_id) FROM workspace_tags l WHERE l.workspace_id = t.id) AS tag_ids`,
  from: `workspaces t JOIN environments e ON e.id = t.environment_id
    LEFT JOIN state_locks s ON s.workspace_id = t.id`,
  account: 'e.account_id',
  attributes: {
    name: text('name'),
    'auto-apply': flag('auto_apply'),
    'auto-queue-runs': text('auto_queue_runs'),
    'execution-mode': text('execution_mode'),
    operations: attribute(z.boolean(), (row) => textOf(row, 'execution_mode') === 'remote'),
    'iac-platform': text('iac_platform'),
    'terraform-version': textIfSet('iac_version'),
    terragrunt: json('terragrunt_json', z.looseObject({ version: z.string() }).nullable()),
    'working-directory': nullableText('working_directory'),
    'var-files': json('var_files_json', z.array(z.string())),
    hooks: json('hooks_json', z.looseObject({}).nullable()),
    'run-operation-timeout': nullableInteger('run_operation_timeout_minutes'),
    'deletion-protection-enabled': flag('deletion_protection'),
    'environment-type': text('environment_type'),
    'remote-backend': constant(true, z.boolean()),
    'remote-state-sharing': constant(false, z.boolean()),
    'force-latest-run': constant(false, z.boolean()),
    'apply-schedule': constant(null, z.string().nullable()),
    'destroy-schedule': constant(null, z.string().nullable()),
    'auto-destroy-days': constant(null, never),
    'auto-destroy-status': constant(null, never),
    'auto-destroy-time': constant(null, never),
    favorite: constant(false, z.boolean()),
    'vcs-repo': json('vcs_repo_json', vcsRepo),
    locked: attribute(
      z.boolean(),
      (row) => flagOf(row, 'locked') || nullableTextOf(row, 'holding_run_id') !== null,
    ),
    'lock-reason': attribute(z.string().nullable(), (row) => {
      const run = nullableTextOf(row, 'holding_run_id')
      if (flagOf(row, 'locked') || run === null) return nullableTextOf(row, 'lock_reason')
      return `Locked by run ${run}`
    }),
    // Our own: Terraform's lock on the state, which is not the workspace's lock.
    'agent-state-lock': stateLock,
    'has-resources': flag('has_resources'),
    'created-at': time('created_at'),
    'updated-at': nullableTime('updated_at'),
  },
  relations: {
    environment: toOne('environments', 'environment_id'),
    'agent-pool': toOne('agent-pools', 'agent_pool_id'),
    'created-by': byUser('created_by'),
    'updated-by': empty('users'),
    'locked-by': byUser('locked_by'),
    'locked-by-run': toOne('runs', 'holding_run_id'),
    'current-run': {
      type: 'runs',
      id: (row) =>
        nullableTextOf(row, 'holding_run_id') ?? nullableTextOf(row, 'last_begun_run_id'),
    },
    'latest-run': toOne('runs', 'latest_run_id'),
    'configuration-version': toOne('configuration-versions', 'configuration_version_id'),
    'latest-configuration-version': toOne(
      'configuration-versions',
      'latest_configuration_version_id',
    ),
    'vcs-provider': toOne('vcs-providers', 'vcs_provider_id'),
    module: empty('modules'),
    'module-version': empty('module-versions'),
    'drift-report': empty('drift-reports'),
    'ssh-key': empty('account-ssh-keys'),
    'readme-id': empty('workspace-readme'),
    tags: toMany('tags', 'tag_ids'),
  },
  filters: {
    account: { column: 'e.account_id' },
    environment: { column: 't.environment_id' },
    'environment.name': { column: 'e.name' },
    'environment-type': { column: 't.environment_type' },
    workspace: { column: 't.id' },
    name: { column: 't.name' },
    'agent-pool': { column: 't.agent_pool_id' },
    tag: {
      condition: `EXISTS (SELECT 1 FROM workspace_tags l WHERE l.workspace_id = t.id
        AND l.tag_id IN (SELECT value FROM json_each(?)))`,
    },
    'vcs-provider': { column: 't.vcs_provider_id' },
    'vcs-repo.identifier': { column: "(t.vcs_repo_json ->> '$.identifier')" },
    'created-by': { column: 't.created_by' },
    'updated-at': { column: 't.updated_at' },
    // There are no such things here.
    'drift-detection-enabled': { column: '0', flag: true },
    favorite: { column: '0', flag: true },
    'federated-by-env': { column: 'NULL' },
    'federated-to-env': { column: 'NULL' },
    'provider-configuration': { column: 'NULL' },
    'run.resource-drifts': { column: 'NULL' },
    'software-version': { column: 'NULL' },
    'state-consumer-of': { column: 'NULL' },
    'updated-by': { column: 'NULL' },
    'deletion-protection-enabled': { column: 't.deletion_protection', flag: true },
    'has-resources': { column: hasResourcesSql, flag: true },
    'run.status': {
      condition: `(SELECT x.status FROM runs x WHERE x.workspace_id = t.id ORDER BY x.sequence DESC LIMIT 1)
        IN (SELECT value FROM json_each(?))`,
    },
    'run.created-by': {
      condition: `(SELECT x.created_by FROM runs x WHERE x.workspace_id = t.id ORDER BY x.sequence DESC LIMIT 1)
        IN (SELECT value FROM json_each(?))`,
    },
  },
  switches: { 'sort[favorite-first]': null },
  searched: ['t.name'],
  sorts: {
    name: 't.name',
    'updated-at': 't.updated_at',
    environment: 'e.name',
    // By when they were asked for.
    'current-run': `(SELECT max(x.sequence) FROM runs x WHERE x.workspace_id = t.id AND x.status <> 'pending')`,
    'latest-run': '(SELECT max(x.sequence) FROM runs x WHERE x.workspace_id = t.id)',
  },
  defaultSort: 't.name',
}

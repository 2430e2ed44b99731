import { z } from 'zod'

import {
  attribute,
  byUser,
  constant,
  empty,
  json,
  nullableInteger,
  nullableText,
  nullableTextOf,
  publicApiPath,
  text,
  textOf,
  time,
  toMany,
  toOne,
  type Resource,
} from '../json-api/index.ts'

import { never, vcsRepo } from './shared-schemas.ts'

/** How a configuration names the module. */
const source = attribute(
  z.string(),
  (row, { publicUrl }) =>
    `${new URL(publicUrl()).host}/${textOf(row, 'account_id')}/${textOf(row, 'name')}/${textOf(row, 'provider')}`,
)

/** Modules of the registry. */
export const modules: Resource = {
  type: 'modules',
  operations: { list: 'list_modules', get: 'get_module' },
  model: 'Module',
  path: '/modules',
  columns: `t.*, (SELECT json_group_array(v.id) FROM module_versions v WHERE v.module_id = t.id)
    AS version_ids`,
  from: 'modules t',
  account: 't.account_id',
  attributes: {
    name: text('name'),
    provider: text('provider'),
    source,
    status: text('status'),
    'error-message': nullableText('error_message'),
    'vcs-repo': json('vcs_repo_json', vcsRepo),
    'created-at': time('created_at'),
  },
  relations: {
    account: toOne('accounts', 'account_id'),
    'created-by': byUser('created_by'),
    environment: empty('environments'),
    namespace: empty('module-namespaces'),
    'latest-module-version': toOne('module-versions', 'latest_version_id'),
    'module-version': toOne('module-versions', 'module_version_id'),
    'module-versions': toMany('module-versions', 'version_ids'),
    'vcs-provider': toOne('vcs-providers', 'vcs_provider_id'),
  },
  filters: {
    name: { column: 't.name' },
    provider: { column: 't.provider' },
    status: { column: 't.status' },
    account: { column: 't.account_id' },
    // Under whatever name clients reach the registry.
    source: {
      condition: `EXISTS (SELECT 1 FROM json_each(?) v WHERE substr(v.value, instr(v.value, '/') + 1)
        = t.account_id || '/' || t.name || '/' || t.provider)`,
    },
    // Modules belong to the account, and to no namespace.
    environment: { column: 'NULL' },
    'module-namespace': { column: 'NULL' },
    'namespace.environments': { column: 'NULL' },
    'module-versions.is-root-module': { column: '0', flag: true },
    'vcs-provider': { column: 't.vcs_provider_id' },
    'module-versions.status': {
      condition: `EXISTS (SELECT 1 FROM module_versions v WHERE v.module_id = t.id
        AND v.status IN (SELECT value FROM json_each(?)))`,
    },
  },
  searched: ['t.name'],
  sorts: { name: 't.name', 'created-at': 't.created_at', environment: 'NULL' },
  defaultSort: 't.name',
}

export const moduleVersions: Resource = {
  type: 'module-versions',
  operations: { list: 'list_module_versions', get: 'get_module_version' },
  model: 'ModuleVersion',
  path: '/module-versions',
  columns: 't.*',
  from: 'module_versions t JOIN modules m ON m.id = t.module_id',
  account: 'm.account_id',
  attributes: {
    version: text('version'),
    status: text('status'),
    'error-message': nullableText('error_message'),
    size: nullableInteger('bytes'),
    'is-root-module': constant(false, z.boolean()),
    'is-forbidden-by': constant(null, never),
    // Modules are stored as they are, and not looked into.
    details: constant(null, never),
    dependencies: constant(null, never),
    inputs: constant(null, never),
    outputs: constant(null, never),
    resources: constant(null, never),
    'created-at': time('created_at'),
  },
  relations: {
    module: toOne('modules', 'module_id'),
    'vcs-revision': empty('vcs-revisions'),
  },
  links: (row, { publicUrl }): Readonly<Record<string, string>> =>
    nullableTextOf(row, 'status') === 'ok'
      ? {
          download: `${publicUrl()}${publicApiPath}/module-versions/${textOf(row, 'id')}/download`,
        }
      : {},
  filters: {
    module: { column: 't.module_id' },
    status: { column: 't.status' },
    version: { column: 't.version' },
  },
  sorts: { version: 't.version' },
  defaultSort: 't.rowid DESC',
}

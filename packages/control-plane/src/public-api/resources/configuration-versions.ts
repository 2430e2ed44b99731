import { z } from 'zod'

import {
  attribute,
  constant,
  flag,
  nullableInteger,
  nullableText,
  nullableTextOf,
  text,
  textOf,
  time,
  toOne,
  type Resource,
} from '../json-api/index.ts'

import { statusTimestamps } from './shared-schemas.ts'

export const configurationVersions: Resource = {
  type: 'configuration-versions',
  operations: { list: 'get_configuration_versions', get: 'get_configuration_version' },
  model: 'ConfigurationVersion',
  path: '/configuration-versions',
  columns: `t.*,
    (SELECT v.id FROM vcs_revisions v WHERE v.configuration_version_id = t.id) AS vcs_revision_id`,
  from: `configuration_versions t JOIN workspaces w ON w.id = t.workspace_id
    JOIN environments e ON e.id = w.environment_id`,
  account: 'e.account_id',
  attributes: {
    status: text('status'),
    source: text('source'),
    'auto-queue-runs': flag('auto_queue_runs'),
    'is-dry': flag('is_dry'),
    'error-message': nullableText('error_message'),
    size: nullableInteger('bytes'),
    inputs: constant([], z.array(z.unknown())),
    'created-at': time('created_at'),
    'status-timestamps': attribute(statusTimestamps, (row) => {
      const uploadedAt = nullableTextOf(row, 'uploaded_at')
      return {
        'pending-at': textOf(row, 'created_at'),
        ...(uploadedAt === null ? {} : { [`${textOf(row, 'status')}-at`]: uploadedAt }),
      }
    }),
  },
  relations: {
    workspace: toOne('workspaces', 'workspace_id'),
    'vcs-revision': toOne('vcs-revisions', 'vcs_revision_id'),
  },
  filters: { workspace: { column: 't.workspace_id' }, status: { column: 't.status' } },
  sorts: { 'created-at': 't.created_at' },
  defaultSort: 't.rowid DESC',
}

import { z } from 'zod'

import {
  byUser,
  empty,
  json,
  nullableText,
  publicApiPath,
  text,
  textOf,
  time,
  toMany,
  toOne,
  type Resource,
} from '../json-api/index.ts'

import { vcsRepo } from './shared-schemas.ts'

/** Hooks of the registry. Their files come from a repository, or by upload. */
export const hooks: Resource = {
  type: 'hooks',
  operations: { list: 'list_hooks', get: 'get_hook' },
  model: 'Hook',
  path: '/hooks',
  columns: `t.*, (SELECT email FROM actors WHERE id = t.updated_by) AS updated_by_email,
    (SELECT a.id FROM hook_archives a WHERE a.hook_id = t.id AND a.replaced_at IS NULL) AS archive_id,
    (SELECT json_group_array(l.environment_id) FROM hook_environment_links l WHERE l.hook_id = t.id) AS environment_ids`,
  from: 'hooks t',
  account: 't.account_id',
  attributes: {
    name: text('name'),
    description: nullableText('description'),
    interpreter: text('interpreter'),
    'scriptfile-path': text('scriptfile_path'),
    'vcs-repo': json('vcs_repo_json', vcsRepo),
    'hook-blob-id': nullableText('archive_id'),
    status: text('status'),
    'error-message': nullableText('error_message'),
    'updated-at': time('updated_at'),
  },
  relations: {
    account: toOne('accounts', 'account_id'),
    environments: toMany('environments', 'environment_ids'),
    readme: empty('hook-readme'),
    'updated-by': byUser('updated_by'),
    'vcs-provider': toOne('vcs-providers', 'vcs_provider_id'),
    'vcs-revision': empty('vcs-revisions'),
  },
  links: (row, { publicUrl }) => ({
    upload: `${publicUrl()}${publicApiPath}/hooks/${textOf(row, 'id')}/upload`,
  }),
  filters: {
    name: { column: 't.name' },
    // Scalr's document does not have these two, and its clients ask with them.
    account: { column: 't.account_id' },
    events: {
      condition: `EXISTS (SELECT 1 FROM hook_environment_links l, json_each(l.events_json) v
        WHERE l.hook_id = t.id AND v.value IN (SELECT value FROM json_each(?)))`,
    },
    hook: { column: 't.id' },
    status: { column: 't.status' },
    'vcs-provider': { column: 't.vcs_provider_id' },
  },
  searched: ['t.name'],
  sorts: { name: 't.name', 'updated-at': 't.updated_at', 'updated-by': 'updated_by_email' },
  defaultSort: 't.name',
}

/** In which environment a hook runs, and when. */
export const hookEnvironmentLinks: Resource = {
  type: 'hook-environment-links',
  operations: { list: 'list_hook_environment_links', get: 'get_hook_environment_link' },
  model: 'HookEnvironmentLink',
  path: '/hook-environment-links',
  columns: `t.*, h.name AS hook_name, h.updated_at AS hook_updated_at, h.vcs_provider_id,
    (SELECT email FROM actors WHERE id = h.updated_by) AS updated_by_email`,
  from: 'hook_environment_links t JOIN hooks h ON h.id = t.hook_id',
  account: 'h.account_id',
  attributes: { events: json('events_json', z.array(z.string())) },
  relations: {
    environment: toOne('environments', 'environment_id'),
    hook: toOne('hooks', 'hook_id'),
    'vcs-provider': toOne('vcs-providers', 'vcs_provider_id'),
    'vcs-revision': empty('vcs-revisions'),
  },
  filters: {
    environment: { column: 't.environment_id' },
    // Any of them.
    events: {
      condition: `EXISTS (SELECT 1 FROM json_each(t.events_json) v
        WHERE v.value IN (SELECT value FROM json_each(?)))`,
    },
  },
  searched: ['h.id', 'h.name'],
  sorts: { name: 'h.name', 'updated-at': 'h.updated_at', 'updated-by': 'updated_by_email' },
  // The order in which they run.
  defaultSort: 't.rowid',
}

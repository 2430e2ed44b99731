import { nullableText, text, textIfSet, type Resource } from '../json-api/index.ts'

/** Where a configuration came from, as its uploader said. */
export const vcsRevisions: Resource = {
  type: 'vcs-revisions',
  operations: { get: 'get_vcs_revision' },
  model: 'VcsRevision',
  path: '/vcs-revisions',
  columns: 't.*',
  from: `vcs_revisions t JOIN configuration_versions c ON c.id = t.configuration_version_id
    JOIN workspaces w ON w.id = c.workspace_id JOIN environments e ON e.id = w.environment_id`,
  account: 'e.account_id',
  attributes: {
    branch: text('branch'),
    'commit-sha': text('commit_sha'),
    'commit-message': nullableText('commit_message'),
    'commit-url': nullableText('commit_url'),
    'repository-id': textIfSet('repository_id'),
    'clone-url': textIfSet('clone_url'),
    'sender-username': nullableText('sender_username'),
  },
  relations: {},
  filters: {},
  sorts: {},
  defaultSort: 't.id',
}

import { endpoint, gitEndpoints, type Endpoint } from '../endpoint.ts'

const pages = ['page', 'per_page', 'pagination', 'cursor', 'order_by', 'sort'] as const
const project = '/api/v4/projects/{project}'
const repository = `${project}/repository`
const mergeRequest = `${project}/merge_requests/{int}`
const lists = [
  ...pages,
  'search',
  'simple',
  'archived',
  'visibility',
  'membership',
  'owned',
  'starred',
  'min_access_level',
  'id_after',
  'id_before',
  'last_activity_after',
  'last_activity_before',
  'statistics',
  'search_namespaces',
  'with_shared',
  'include_subgroups',
  'topic',
] as const
const archive = ['sha', 'path', 'include_lfs_blobs'] as const
const statusParameters = [
  'state',
  'ref',
  'name',
  'context',
  'target_url',
  'description',
  'coverage',
  'pipeline_id',
] as const

/** GitLab self-managed: REST API v4, projects by id or by path of any depth. */
export const gitlabEndpoints: readonly Endpoint[] = [
  endpoint('gitlab.version', 'GET /api/v4/version', { scope: 'account' }),
  endpoint('gitlab.metadata', 'GET /api/v4/metadata', { scope: 'account' }),
  endpoint('gitlab.user', 'GET /api/v4/user', { scope: 'account' }),
  endpoint('gitlab.projects', 'GET /api/v4/projects', { scope: 'listing', query: lists }),
  endpoint('gitlab.groups', 'GET /api/v4/groups', {
    scope: 'listing',
    query: [...lists, 'all_available', 'top_level_only', 'skip_groups'],
  }),
  endpoint('gitlab.group', 'GET /api/v4/groups/{group}', {
    scope: 'group',
    query: ['with_projects', 'with_custom_attributes'],
  }),
  endpoint('gitlab.group.projects', 'GET /api/v4/groups/{group}/projects', {
    scope: 'group',
    query: lists,
  }),
  endpoint('gitlab.group.subgroups', 'GET /api/v4/groups/{group}/subgroups', {
    scope: 'group',
    query: [...lists, 'all_available', 'skip_groups'],
  }),

  endpoint('gitlab.project', `GET ${project}`, {
    query: ['license', 'statistics', 'with_custom_attributes'],
  }),
  endpoint('gitlab.branches', `GET ${repository}/branches`, {
    query: [...pages, 'search', 'regex', 'page_token'],
  }),
  endpoint('gitlab.branch', `GET ${repository}/branches/{ref}`),
  endpoint('gitlab.tags', `GET ${repository}/tags`, { query: [...pages, 'search', 'page_token'] }),
  endpoint('gitlab.tag', `GET ${repository}/tags/{ref}`),
  endpoint('gitlab.commits', `GET ${repository}/commits`, {
    query: [
      ...pages,
      'ref_name',
      'since',
      'until',
      'path',
      'author',
      'all',
      'with_stats',
      'first_parent',
      'order',
      'trailers',
    ],
  }),
  endpoint('gitlab.commit', `GET ${repository}/commits/{ref}`, { query: ['stats'] }),
  endpoint('gitlab.commit.diff', `GET ${repository}/commits/{ref}/diff`, {
    query: [...pages, 'unidiff'],
  }),
  endpoint('gitlab.commit.refs', `GET ${repository}/commits/{sha}/refs`, {
    query: [...pages, 'type'],
  }),
  endpoint('gitlab.commit.merge-requests', `GET ${repository}/commits/{sha}/merge_requests`, {
    query: [...pages, 'state'],
  }),
  endpoint('gitlab.commit.statuses', `GET ${repository}/commits/{sha}/statuses`, {
    query: [...pages, 'ref', 'stage', 'name', 'all', 'pipeline_id'],
  }),
  endpoint('gitlab.commit.comments', `GET ${repository}/commits/{sha}/comments`, { query: pages }),
  // Not `from_project_id`, which reads another project.
  endpoint('gitlab.compare', `GET ${repository}/compare`, {
    query: ['from', 'to', 'straight', 'unidiff'],
  }),
  endpoint('gitlab.tree', `GET ${repository}/tree`, {
    query: [...pages, 'path', 'ref', 'recursive', 'page_token'],
  }),
  endpoint('gitlab.file', `GET ${repository}/files/{path}`, { query: ['ref'] }),
  endpoint('gitlab.file.raw', `GET ${repository}/files/{path}/raw`, { query: ['ref', 'lfs'] }),
  endpoint('gitlab.blob', `GET ${repository}/blobs/{sha}`),
  endpoint('gitlab.blob.raw', `GET ${repository}/blobs/{sha}/raw`),
  ...['archive', 'archive.tar.gz', 'archive.zip'].map((file) =>
    endpoint(`gitlab.${file}`, `GET ${repository}/${file}`, { query: archive, archive: true }),
  ),
  endpoint('gitlab.merge-requests', `GET ${project}/merge_requests`, {
    query: [
      ...pages,
      'state',
      'source_branch',
      'target_branch',
      'scope',
      'search',
      'in',
      'labels',
      'milestone',
      'view',
      'wip',
      'author_id',
      'author_username',
      'iids[]',
      'created_after',
      'created_before',
      'updated_after',
      'updated_before',
    ],
  }),
  endpoint('gitlab.merge-request', `GET ${mergeRequest}`, {
    query: ['include_diverged_commits_count', 'include_rebase_in_progress', 'render_html'],
  }),
  endpoint('gitlab.merge-request.diffs', `GET ${mergeRequest}/diffs`, {
    query: [...pages, 'unidiff'],
  }),
  endpoint('gitlab.merge-request.changes', `GET ${mergeRequest}/changes`, {
    query: ['access_raw_diffs', 'unidiff'],
  }),
  endpoint('gitlab.merge-request.commits', `GET ${mergeRequest}/commits`, { query: pages }),
  endpoint('gitlab.merge-request.versions', `GET ${mergeRequest}/versions`, { query: pages }),
  endpoint('gitlab.merge-request.approvals', `GET ${mergeRequest}/approvals`),
  endpoint('gitlab.notes', `GET ${mergeRequest}/notes`, {
    query: [...pages, 'activity_filter'],
  }),
  endpoint('gitlab.note', `GET ${mergeRequest}/notes/{int2}`),
  endpoint('gitlab.releases', `GET ${project}/releases`, {
    query: [...pages, 'include_html_description'],
  }),
  endpoint('gitlab.release', `GET ${project}/releases/{ref}`, {
    query: ['include_html_description'],
  }),

  endpoint('gitlab.status.create', `POST ${project}/statuses/{sha}`, {
    group: 'statuses',
    query: statusParameters,
  }),
  endpoint('gitlab.note.create', `POST ${mergeRequest}/notes`, { group: 'comments' }),
  endpoint('gitlab.note.update', `PUT ${mergeRequest}/notes/{int2}`, { group: 'comments' }),
  endpoint('gitlab.commit.comment', `POST ${repository}/commits/{sha}/comments`, {
    group: 'comments',
  }),
  endpoint('gitlab.hooks', `GET ${project}/hooks`, { group: 'hooks', query: pages }),
  endpoint('gitlab.hook', `GET ${project}/hooks/{int}`, { group: 'hooks' }),
  endpoint('gitlab.hook.create', `POST ${project}/hooks`, { group: 'hooks' }),
  endpoint('gitlab.hook.update', `PUT ${project}/hooks/{int}`, { group: 'hooks' }),
  endpoint('gitlab.hook.delete', `DELETE ${project}/hooks/{int}`, { group: 'hooks' }),
  endpoint('gitlab.hook.test', `POST ${project}/hooks/{int}/test/{name}`, { group: 'hooks' }),

  ...gitEndpoints('gitlab', '/{project.git**}'),
]

import { endpoint, gitEndpoints, type Endpoint } from '../endpoint.ts'

const pages = ['page', 'limit'] as const
const repo = '/api/v1/repos/{owner}/{repo}'

/** Gitea and Forgejo: REST API v1, which both have in common. */
export const giteaEndpoints: readonly Endpoint[] = [
  endpoint('gitea.version', 'GET /api/v1/version', { scope: 'account' }),
  endpoint('gitea.user', 'GET /api/v1/user', { scope: 'account' }),
  endpoint('gitea.user.repos', 'GET /api/v1/user/repos', { scope: 'listing', query: pages }),
  endpoint('gitea.user.orgs', 'GET /api/v1/user/orgs', { scope: 'listing', query: pages }),
  endpoint('gitea.search.repos', 'GET /api/v1/repos/search', {
    scope: 'listing',
    query: [
      ...pages,
      'q',
      'topic',
      'sort',
      'order',
      'mode',
      'archived',
      'private',
      'exclusive',
      'is_private',
      'template',
      'includeDesc',
    ],
  }),
  endpoint('gitea.org', 'GET /api/v1/orgs/{owner}', { scope: 'group' }),
  endpoint('gitea.org.repos', 'GET /api/v1/orgs/{owner}/repos', { scope: 'group', query: pages }),
  endpoint('gitea.owner.repos', 'GET /api/v1/users/{owner}/repos', {
    scope: 'group',
    query: pages,
  }),

  endpoint('gitea.repo', `GET ${repo}`),
  endpoint('gitea.branches', `GET ${repo}/branches`, { query: pages }),
  endpoint('gitea.branch', `GET ${repo}/branches/{ref**}`),
  endpoint('gitea.tags', `GET ${repo}/tags`, { query: pages }),
  endpoint('gitea.tag', `GET ${repo}/tags/{ref**}`),
  endpoint('gitea.commits', `GET ${repo}/commits`, {
    query: [...pages, 'sha', 'path', 'stat', 'verification', 'files', 'not', 'since', 'until'],
  }),
  endpoint('gitea.commit.status', `GET ${repo}/commits/{ref}/status`, { query: pages }),
  endpoint('gitea.commit.statuses', `GET ${repo}/commits/{ref}/statuses`, {
    query: [...pages, 'sort', 'state'],
  }),
  endpoint('gitea.commit.pull', `GET ${repo}/commits/{sha}/pull`),
  endpoint('gitea.git.commit', `GET ${repo}/git/commits/{ref}`, {
    query: ['stat', 'verification', 'files'],
  }),
  endpoint('gitea.git.refs', `GET ${repo}/git/refs`),
  endpoint('gitea.git.ref', `GET ${repo}/git/refs/{ref**}`),
  endpoint('gitea.git.tree', `GET ${repo}/git/trees/{ref}`, {
    query: ['recursive', 'page', 'per_page'],
  }),
  endpoint('gitea.git.tag', `GET ${repo}/git/tags/{sha}`),
  endpoint('gitea.git.blob', `GET ${repo}/git/blobs/{sha}`),
  endpoint('gitea.compare', `GET ${repo}/compare/{basehead**}`),
  endpoint('gitea.contents.list', `GET ${repo}/contents`, { query: ['ref'] }),
  endpoint('gitea.contents', `GET ${repo}/contents/{path**}`, { query: ['ref'] }),
  endpoint('gitea.raw', `GET ${repo}/raw/{path**}`, { query: ['ref'] }),
  endpoint('gitea.archive', `GET ${repo}/archive/{archive**}`, {
    archive: true,
    query: ['path'],
  }),
  endpoint('gitea.pulls', `GET ${repo}/pulls`, {
    query: [...pages, 'state', 'sort', 'milestone', 'labels', 'poster', 'base_branch'],
  }),
  endpoint('gitea.pull', `GET ${repo}/pulls/{int}`),
  endpoint('gitea.pull.files', `GET ${repo}/pulls/{int}/files`, {
    query: [...pages, 'skip-to', 'whitespace'],
  }),
  endpoint('gitea.pull.commits', `GET ${repo}/pulls/{int}/commits`, {
    query: [...pages, 'verification', 'files'],
  }),
  endpoint('gitea.releases', `GET ${repo}/releases`, {
    query: [...pages, 'draft', 'pre-release'],
  }),
  endpoint('gitea.release.by-tag', `GET ${repo}/releases/tags/{ref}`),
  endpoint('gitea.statuses', `GET ${repo}/statuses/{sha}`, { query: [...pages, 'sort', 'state'] }),
  endpoint('gitea.comments', `GET ${repo}/issues/{int}/comments`, { query: ['since', 'before'] }),
  endpoint('gitea.comment', `GET ${repo}/issues/comments/{int}`),

  endpoint('gitea.status.create', `POST ${repo}/statuses/{sha}`, { group: 'statuses' }),
  endpoint('gitea.comment.create', `POST ${repo}/issues/{int}/comments`, { group: 'comments' }),
  endpoint('gitea.comment.update', `PATCH ${repo}/issues/comments/{int}`, { group: 'comments' }),
  endpoint('gitea.hooks', `GET ${repo}/hooks`, { group: 'hooks', query: pages }),
  endpoint('gitea.hook', `GET ${repo}/hooks/{int}`, { group: 'hooks' }),
  endpoint('gitea.hook.create', `POST ${repo}/hooks`, { group: 'hooks' }),
  endpoint('gitea.hook.update', `PATCH ${repo}/hooks/{int}`, { group: 'hooks' }),
  endpoint('gitea.hook.delete', `DELETE ${repo}/hooks/{int}`, { group: 'hooks' }),
  endpoint('gitea.hook.test', `POST ${repo}/hooks/{int}/tests`, { group: 'hooks', query: ['ref'] }),

  ...gitEndpoints('gitea', '/{owner}/{repo.git}'),
]

import { endpoint, gitEndpoints, type Endpoint } from '../endpoint.ts'

const pages = ['page', 'per_page'] as const
const repo = '/api/v3/repos/{owner}/{repo}'
const orgRepos = [...pages, 'type', 'sort', 'direction'] as const

/** GitHub Enterprise Server: REST API v3 below `/api/v3`, checked against GitHub's own description by a test. */
export const githubEnterpriseEndpoints: readonly Endpoint[] = [
  endpoint('github.root', 'GET /api/v3', { scope: 'account' }),
  endpoint('github.root', 'GET /api/v3/', { scope: 'account' }),
  endpoint('github.meta', 'GET /api/v3/meta', { scope: 'account' }),
  endpoint('github.rate-limit', 'GET /api/v3/rate_limit', { scope: 'account' }),
  endpoint('github.user', 'GET /api/v3/user', { scope: 'account' }),
  endpoint('github.user.repos', 'GET /api/v3/user/repos', {
    scope: 'listing',
    query: [...orgRepos, 'visibility', 'affiliation', 'since', 'before'],
  }),
  endpoint('github.user.orgs', 'GET /api/v3/user/orgs', { scope: 'listing', query: pages }),
  endpoint('github.org', 'GET /api/v3/orgs/{owner}', { scope: 'group' }),
  endpoint('github.org.repos', 'GET /api/v3/orgs/{owner}/repos', {
    scope: 'group',
    query: orgRepos,
  }),
  endpoint('github.owner.repos', 'GET /api/v3/users/{owner}/repos', {
    scope: 'group',
    query: orgRepos,
  }),
  endpoint('github.installation.repos', 'GET /api/v3/installation/repositories', {
    scope: 'listing',
    query: pages,
  }),
  endpoint('github.search.repos', 'GET /api/v3/search/repositories', {
    scope: 'listing',
    query: [...pages, 'q', 'sort', 'order'],
  }),

  endpoint('github.repo', `GET ${repo}`),
  endpoint('github.branches', `GET ${repo}/branches`, { query: [...pages, 'protected'] }),
  endpoint('github.branch', `GET ${repo}/branches/{ref}`),
  endpoint('github.tags', `GET ${repo}/tags`, { query: pages }),
  endpoint('github.git.ref', `GET ${repo}/git/ref/{ref**}`),
  endpoint('github.git.matching-refs', `GET ${repo}/git/matching-refs/{ref**}`),
  endpoint('github.git.commit', `GET ${repo}/git/commits/{sha}`),
  endpoint('github.git.tag', `GET ${repo}/git/tags/{sha}`),
  endpoint('github.git.tree', `GET ${repo}/git/trees/{ref}`, { query: ['recursive'] }),
  endpoint('github.git.blob', `GET ${repo}/git/blobs/{sha}`),
  endpoint('github.commits', `GET ${repo}/commits`, {
    query: [...pages, 'sha', 'path', 'author', 'committer', 'since', 'until'],
  }),
  endpoint('github.commit', `GET ${repo}/commits/{ref}`, { query: pages }),
  endpoint('github.commit.pulls', `GET ${repo}/commits/{sha}/pulls`, { query: pages }),
  endpoint('github.commit.status', `GET ${repo}/commits/{ref}/status`, { query: pages }),
  endpoint('github.commit.statuses', `GET ${repo}/commits/{ref}/statuses`, { query: pages }),
  endpoint('github.compare', `GET ${repo}/compare/{basehead**}`, { query: pages }),
  endpoint('github.contents.root', `GET ${repo}/contents/`, { query: ['ref'] }),
  endpoint('github.contents.list', `GET ${repo}/contents`, { query: ['ref'] }),
  endpoint('github.contents', `GET ${repo}/contents/{path**}`, { query: ['ref'] }),
  endpoint('github.readme', `GET ${repo}/readme`, { query: ['ref'] }),
  endpoint('github.tarball', `GET ${repo}/tarball/{ref**}`, { archive: true }),
  endpoint('github.zipball', `GET ${repo}/zipball/{ref**}`, { archive: true }),
  endpoint('github.pulls', `GET ${repo}/pulls`, {
    query: [...pages, 'state', 'head', 'base', 'sort', 'direction'],
  }),
  endpoint('github.pull', `GET ${repo}/pulls/{int}`),
  endpoint('github.pull.files', `GET ${repo}/pulls/{int}/files`, { query: pages }),
  endpoint('github.pull.commits', `GET ${repo}/pulls/{int}/commits`, { query: pages }),
  endpoint('github.releases', `GET ${repo}/releases`, { query: pages }),
  endpoint('github.release.latest', `GET ${repo}/releases/latest`),
  endpoint('github.release.by-tag', `GET ${repo}/releases/tags/{ref}`),
  endpoint('github.issue.comments', `GET ${repo}/issues/{int}/comments`, {
    query: [...pages, 'since'],
  }),
  endpoint('github.issue.comment', `GET ${repo}/issues/comments/{int}`),
  endpoint('github.check-runs', `GET ${repo}/commits/{ref}/check-runs`, {
    query: [...pages, 'check_name', 'status', 'filter', 'app_id'],
  }),
  endpoint('github.check-run', `GET ${repo}/check-runs/{int}`),

  endpoint('github.status.create', `POST ${repo}/statuses/{sha}`, { group: 'statuses' }),
  endpoint('github.check-run.create', `POST ${repo}/check-runs`, { group: 'checks' }),
  endpoint('github.check-run.update', `PATCH ${repo}/check-runs/{int}`, { group: 'checks' }),
  endpoint('github.comment.create', `POST ${repo}/issues/{int}/comments`, { group: 'comments' }),
  endpoint('github.comment.update', `PATCH ${repo}/issues/comments/{int}`, { group: 'comments' }),
  endpoint('github.hooks', `GET ${repo}/hooks`, { group: 'hooks', query: pages }),
  endpoint('github.hook', `GET ${repo}/hooks/{int}`, { group: 'hooks' }),
  endpoint('github.hook.create', `POST ${repo}/hooks`, { group: 'hooks' }),
  endpoint('github.hook.update', `PATCH ${repo}/hooks/{int}`, { group: 'hooks' }),
  endpoint('github.hook.delete', `DELETE ${repo}/hooks/{int}`, { group: 'hooks' }),
  endpoint('github.hook.ping', `POST ${repo}/hooks/{int}/pings`, { group: 'hooks' }),
  endpoint('github.hook.deliveries', `GET ${repo}/hooks/{int}/deliveries`, {
    group: 'hooks',
    query: ['per_page', 'cursor', 'status'],
  }),
  endpoint('github.hook.delivery', `GET ${repo}/hooks/{int}/deliveries/{int2}`, { group: 'hooks' }),
  endpoint('github.hook.redeliver', `POST ${repo}/hooks/{int}/deliveries/{int2}/attempts`, {
    group: 'hooks',
  }),

  ...gitEndpoints('github', '/{owner}/{repo.git}'),
]

/**
 * Where archives are sent to: codeload on a host of its own (subdomain isolation) or below the server.
 * The parameter `token` is the server's own, for that one archive.
 */
export const githubArchiveEndpoints: readonly Endpoint[] = [
  '/{owner}/{repo}/{format}/{ref**}',
  '/codeload/{owner}/{repo}/{format}/{ref**}',
  '/_codeload/{owner}/{repo}/{format}/{ref**}',
].map((template) => endpoint('github.codeload', `GET ${template}`, { query: ['token'] }))

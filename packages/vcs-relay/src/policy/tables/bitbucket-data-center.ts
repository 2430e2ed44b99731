import { endpoint, gitEndpoints, type Endpoint } from '../endpoint.ts'

const pages = ['start', 'limit'] as const
const at = ['at'] as const

/** Bitbucket Data Center: REST API 1.0, also under its name `latest`. Statuses are builds (from 7.4 on). */
export const bitbucketDataCenterEndpoints: readonly Endpoint[] = [
  ...['1.0', 'latest'].flatMap((version) => {
    const api = `/rest/api/${version}`
    const repo = `${api}/projects/{owner}/repos/{repo}`
    const pull = `${repo}/pull-requests/{int}`
    return [
      endpoint('bitbucket.version', `GET ${api}/application-properties`, { scope: 'account' }),
      endpoint('bitbucket.projects', `GET ${api}/projects`, {
        scope: 'listing',
        query: [...pages, 'name', 'permission'],
      }),
      endpoint('bitbucket.repos', `GET ${api}/repos`, {
        scope: 'listing',
        query: [...pages, 'name', 'projectname', 'projectkey', 'permission', 'state', 'visibility'],
      }),
      endpoint('bitbucket.project', `GET ${api}/projects/{owner}`, { scope: 'group' }),
      endpoint('bitbucket.project.repos', `GET ${api}/projects/{owner}/repos`, {
        scope: 'group',
        query: pages,
      }),

      endpoint('bitbucket.repo', `GET ${repo}`),
      endpoint('bitbucket.branches', `GET ${repo}/branches`, {
        query: [...pages, 'filterText', 'orderBy', 'base', 'details', 'boostMatches'],
      }),
      endpoint('bitbucket.default-branch', `GET ${repo}/default-branch`),
      endpoint('bitbucket.default-branch.old', `GET ${repo}/branches/default`),
      endpoint('bitbucket.tags', `GET ${repo}/tags`, {
        query: [...pages, 'filterText', 'orderBy'],
      }),
      endpoint('bitbucket.tag', `GET ${repo}/tags/{ref**}`),
      endpoint('bitbucket.commits', `GET ${repo}/commits`, {
        query: [...pages, 'since', 'until', 'path', 'merges', 'followRenames', 'ignoreMissing'],
      }),
      endpoint('bitbucket.commit', `GET ${repo}/commits/{ref}`, { query: ['path'] }),
      endpoint('bitbucket.commit.changes', `GET ${repo}/commits/{ref}/changes`, {
        query: [...pages, 'since', 'withComments'],
      }),
      endpoint('bitbucket.commit.pulls', `GET ${repo}/commits/{sha}/pull-requests`, {
        query: pages,
      }),
      // Not `fromRepo`, which reads another repository.
      endpoint('bitbucket.compare.commits', `GET ${repo}/compare/commits`, {
        query: [...pages, 'from', 'to'],
      }),
      endpoint('bitbucket.compare.changes', `GET ${repo}/compare/changes`, {
        query: [...pages, 'from', 'to'],
      }),
      endpoint('bitbucket.files', `GET ${repo}/files`, { query: [...pages, ...at] }),
      endpoint('bitbucket.files.below', `GET ${repo}/files/{path**}`, {
        query: [...pages, ...at],
      }),
      endpoint('bitbucket.browse', `GET ${repo}/browse`, { query: [...pages, ...at, 'type'] }),
      endpoint('bitbucket.browse.path', `GET ${repo}/browse/{path**}`, {
        query: [...pages, ...at, 'type', 'blame', 'noContent'],
      }),
      endpoint('bitbucket.raw', `GET ${repo}/raw/{path**}`, { query: at }),
      endpoint('bitbucket.archive', `GET ${repo}/archive`, {
        archive: true,
        query: [...at, 'format', 'path', 'prefix', 'filename'],
      }),
      endpoint('bitbucket.pulls', `GET ${repo}/pull-requests`, {
        query: [...pages, ...at, 'state', 'direction', 'order', 'filterText', 'draft'],
      }),
      endpoint('bitbucket.pull', `GET ${pull}`),
      endpoint('bitbucket.pull.changes', `GET ${pull}/changes`, {
        query: [...pages, 'changeScope', 'sinceId', 'untilId', 'withComments'],
      }),
      endpoint('bitbucket.pull.commits', `GET ${pull}/commits`, { query: pages }),
      endpoint('bitbucket.pull.activities', `GET ${pull}/activities`, { query: pages }),
      endpoint('bitbucket.pull.comment', `GET ${pull}/comments/{int2}`),
      endpoint('bitbucket.build', `GET ${repo}/commits/{sha}/builds`, { query: ['key'] }),

      endpoint('bitbucket.build.create', `POST ${repo}/commits/{sha}/builds`, {
        group: 'statuses',
      }),
      endpoint('bitbucket.comment.create', `POST ${pull}/comments`, { group: 'comments' }),
      endpoint('bitbucket.comment.update', `PUT ${pull}/comments/{int2}`, { group: 'comments' }),
      endpoint('bitbucket.hooks', `GET ${repo}/webhooks`, {
        group: 'hooks',
        query: [...pages, 'event', 'statistics'],
      }),
      endpoint('bitbucket.hook', `GET ${repo}/webhooks/{int}`, {
        group: 'hooks',
        query: ['statistics'],
      }),
      endpoint('bitbucket.hook.create', `POST ${repo}/webhooks`, { group: 'hooks' }),
      endpoint('bitbucket.hook.update', `PUT ${repo}/webhooks/{int}`, { group: 'hooks' }),
      endpoint('bitbucket.hook.delete', `DELETE ${repo}/webhooks/{int}`, { group: 'hooks' }),
    ]
  }),

  ...gitEndpoints('bitbucket', '/scm/{owner}/{repo.git}'),
]

import { randomBytes } from 'node:crypto'

import { RequestError } from '@octokit/request-error'
import { Octokit } from '@octokit/rest'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

import { createVcsHandler, endpointTables, type VcsHandler } from '../../src/index.ts'
import { GhesStandIn } from '../support/ghes-stand-in.ts'
import { LoopbackRelay } from '../support/loopback-relay.ts'
import { RecordingLogger } from '../support/recording-logger.ts'

const archive = randomBytes(300_000)
const token = 'ghp-canary-of-the-agent'
const logger = new RecordingLogger()
let github: GhesStandIn
let handler: VcsHandler
let relay: LoopbackRelay
let octokit: Octokit

beforeAll(async () => {
  github = await GhesStandIn.start({ token, archive })
  handler = createVcsHandler({
    kind: 'github-enterprise',
    url: github.url,
    credentials: { type: 'token', token },
    extraOrigins: [github.codeloadUrl],
    policy: { write: ['statuses', 'checks', 'comments', 'hooks'] },
    logger,
  })
  relay = await LoopbackRelay.listen(handler)
  octokit = new Octokit({
    baseUrl: `${relay.url}/api/v3`,
    auth: 'of-the-control-plane',
  })
})
afterAll(async () => {
  await relay[Symbol.asyncDispose]()
  await handler[Symbol.asyncDispose]()
  await github[Symbol.asyncDispose]()
})

beforeEach(() => {
  github.faults.length = 0
})

const repo = { owner: 'octocat', repo: 'Hello-World' }
const sha = '6dcb09b5b57875f334f61aebed695e2e4193db5e'

type Call = (
  client: Octokit['rest'],
) => Promise<{ readonly status: number; readonly data: unknown }>

/** Each by the rule that it must be carried by. */
const calls: Readonly<Record<string, Call>> = {
  'github.root': (client) => client.meta.root(),
  'github.meta': (client) => client.meta.get(),
  'github.rate-limit': (client) => client.rateLimit.get(),
  'github.user': (client) => client.users.getAuthenticated(),
  'github.user.repos': (client) => client.repos.listForAuthenticatedUser({ per_page: 5 }),
  'github.user.orgs': (client) => client.orgs.listForAuthenticatedUser(),
  'github.org': (client) => client.orgs.get({ org: 'github' }),
  'github.org.repos': (client) => client.repos.listForOrg({ org: 'github', type: 'all' }),
  'github.owner.repos': (client) => client.repos.listForUser({ username: 'octocat' }),
  'github.installation.repos': (client) => client.apps.listReposAccessibleToInstallation(),
  'github.search.repos': (client) => client.search.repos({ q: 'org:github terraform in:name' }),
  'github.repo': (client) => client.repos.get(repo),
  'github.branches': (client) => client.repos.listBranches({ ...repo, per_page: 100 }),
  'github.branch': (client) => client.repos.getBranch({ ...repo, branch: 'feature/a+c@d' }),
  'github.tags': (client) => client.repos.listTags(repo),
  'github.git.ref': (client) => client.git.getRef({ ...repo, ref: 'heads/feature/a' }),
  'github.git.matching-refs': (client) => client.git.listMatchingRefs({ ...repo, ref: 'tags/v' }),
  'github.git.commit': (client) => client.git.getCommit({ ...repo, commit_sha: sha }),
  'github.git.tag': (client) => client.git.getTag({ ...repo, tag_sha: sha }),
  'github.git.tree': (client) => client.git.getTree({ ...repo, tree_sha: sha, recursive: '1' }),
  'github.git.blob': (client) => client.git.getBlob({ ...repo, file_sha: sha }),
  'github.commits': (client) =>
    client.repos.listCommits({ ...repo, sha: 'main', path: 'a b/c.tf' }),
  'github.commit': (client) => client.repos.getCommit({ ...repo, ref: 'feature/a' }),
  'github.commit.pulls': (client) =>
    client.repos.listPullRequestsAssociatedWithCommit({ ...repo, commit_sha: sha }),
  'github.commit.status': (client) =>
    client.repos.getCombinedStatusForRef({ ...repo, ref: 'main' }),
  'github.commit.statuses': (client) =>
    client.repos.listCommitStatusesForRef({ ...repo, ref: sha }),
  'github.compare': (client) =>
    client.repos.compareCommitsWithBasehead({ ...repo, basehead: 'main...feature/a' }),
  'github.contents.list': (client) => client.repos.getContent({ ...repo, path: '' }),
  'github.contents': (client) =>
    client.repos.getContent({ ...repo, path: 'modules/vpc/main.tf', ref: 'v1' }),
  'github.readme': (client) => client.repos.getReadme(repo),
  'github.pulls': (client) =>
    client.pulls.list({ ...repo, state: 'open', head: 'octocat:feature' }),
  'github.pull': (client) => client.pulls.get({ ...repo, pull_number: 7 }),
  'github.pull.files': (client) => client.pulls.listFiles({ ...repo, pull_number: 7 }),
  'github.pull.commits': (client) => client.pulls.listCommits({ ...repo, pull_number: 7 }),
  'github.releases': (client) => client.repos.listReleases(repo),
  'github.release.latest': (client) => client.repos.getLatestRelease(repo),
  'github.release.by-tag': (client) => client.repos.getReleaseByTag({ ...repo, tag: 'vpc/v1.0.0' }),
  'github.issue.comments': (client) => client.issues.listComments({ ...repo, issue_number: 7 }),
  'github.issue.comment': (client) => client.issues.getComment({ ...repo, comment_id: 7 }),
  'github.check-runs': (client) => client.checks.listForRef({ ...repo, ref: sha }),
  'github.check-run': (client) => client.checks.get({ ...repo, check_run_id: 7 }),
  'github.status.create': (client) =>
    client.repos.createCommitStatus({
      ...repo,
      sha,
      state: 'success',
      context: 'scalr',
      target_url: 'https://x',
    }),
  'github.check-run.create': (client) =>
    client.checks.create({ ...repo, name: 'plan', head_sha: sha, status: 'in_progress' }),
  'github.check-run.update': (client) =>
    client.checks.update({ ...repo, check_run_id: 7, status: 'completed', conclusion: 'success' }),
  'github.comment.create': (client) =>
    client.issues.createComment({ ...repo, issue_number: 7, body: 'a *plan*' }),
  'github.comment.update': (client) =>
    client.issues.updateComment({ ...repo, comment_id: 7, body: 'done' }),
  'github.hooks': (client) => client.repos.listWebhooks(repo),
  'github.hook': (client) => client.repos.getWebhook({ ...repo, hook_id: 7 }),
  'github.hook.create': (client) =>
    client.repos.createWebhook({
      ...repo,
      name: 'web',
      config: { url: 'https://agent.example/hook', content_type: 'json' },
    }),
  'github.hook.update': (client) =>
    client.repos.updateWebhook({ ...repo, hook_id: 7, active: true }),
  'github.hook.delete': (client) => client.repos.deleteWebhook({ ...repo, hook_id: 7 }),
  'github.hook.ping': (client) => client.repos.pingWebhook({ ...repo, hook_id: 7 }),
  'github.hook.deliveries': (client) => client.repos.listWebhookDeliveries({ ...repo, hook_id: 7 }),
  'github.hook.delivery': (client) =>
    client.repos.getWebhookDelivery({ ...repo, hook_id: 7, delivery_id: 8 }),
  'github.hook.redeliver': (client) =>
    client.repos.redeliverWebhookDelivery({ ...repo, hook_id: 7, delivery_id: 8 }),
}

describe('@octokit/rest through the handler, to a GHES as GitHub describes it', () => {
  it.each(Object.entries(calls))('%s', async (rule, call) => {
    const { status, data } = await call(octokit.rest)
    expect(status).toBeLessThan(300)
    if (status === 200) expect(data).not.toBe('')
    expect(logger.records.at(-1)?.fields).toMatchObject({ rule, origin: 'vcs', status })
    const sent = github.seen.at(-1)
    expect(sent?.authorization).toBe(`Bearer ${token}`)
    expect(github.faults).toEqual([])
  })

  it('leaves out no rule but those that git and archives are for', () => {
    const rules = endpointTables['github-enterprise'].endpoints.map(({ id }) => id)
    const left = rules.filter(
      (rule) => calls[rule] === undefined && !rule.startsWith('github.git.refs'),
    )
    expect(left.toSorted()).toEqual([
      // Octokit writes its path without a slash at the end.
      'github.contents.root',
      'github.git.upload-pack',
      'github.tarball',
      'github.zipball',
    ])
  })

  it.each(['tarball', 'zipball'] as const)(
    '%s: from codeload, whole and without the token',
    async (kind) => {
      const ref = 'refs/heads/feature/a'
      const { data } =
        kind === 'tarball'
          ? await octokit.rest.repos.downloadTarballArchive({ ...repo, ref })
          : await octokit.rest.repos.downloadZipballArchive({ ...repo, ref })
      expect(Buffer.from(data as ArrayBuffer).equals(archive)).toBe(true)
      expect(github.seenByCodeload.at(-1)).toMatchObject({ authorization: undefined })
      expect(github.seenByCodeload.at(-1)?.target).toContain('/octocat/Hello-World/legacy.')
    },
  )

  it('pages to the end, though GitHub pages by the id of the repository', async () => {
    const before = github.seen.length
    const tags = await octokit.paginate(octokit.rest.repos.listTags, { ...repo, per_page: 1 })
    expect(tags).toHaveLength(3)
    expect(github.seen.slice(before).map(({ target }) => target)).toEqual([
      '/api/v3/repos/octocat/Hello-World/tags?per_page=1',
      '/api/v3/repos/octocat/Hello-World/tags?per_page=1&page=2',
      '/api/v3/repos/octocat/Hello-World/tags?per_page=1&page=3',
    ])
  })

  it('asks with an ETag and is told that nothing changed', async () => {
    const { headers } = await octokit.rest.repos.get(repo)
    await expect(
      octokit.rest.repos.get({ ...repo, headers: { 'if-none-match': headers.etag ?? '' } }),
    ).rejects.toMatchObject({ status: 304 })
  })

  it('is told who refuses: the policy, not GitHub', async () => {
    const refusal: unknown = await octokit
      .request('DELETE /repos/{owner}/{repo}', repo)
      .catch((error: unknown) => error)
    if (!(refusal instanceof RequestError)) throw new Error('not refused')
    expect(refusal.status).toBe(403)
    expect(refusal.response?.headers['x-relay-origin']).toBe('agent')
    // Octokit reads other media types as bytes.
    const problem: unknown = JSON.parse(
      Buffer.from(refusal.response?.data as ArrayBuffer).toString(),
    )
    expect(problem).toMatchObject({
      type: 'urn:scalr-agent:problem:relay-refused',
      step: 'method',
      fate: 'never-ran',
    })
    await expect(octokit.graphql('{ viewer { login } }')).rejects.toMatchObject({ status: 403 })
  })

  it('I12: shows no token to anybody', () => {
    expect(logger.text).not.toContain('canary')
    expect(logger.text).not.toContain('of-the-control-plane')
    expect(JSON.stringify(github.seen)).not.toContain('of-the-control-plane')
  })
})

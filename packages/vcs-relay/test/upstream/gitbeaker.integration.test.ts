import { randomBytes } from 'node:crypto'

import { Gitlab } from '@gitbeaker/rest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createVcsHandler, endpointTables, type VcsHandler } from '../../src/index.ts'
import { GitlabStandIn } from '../support/gitlab-stand-in.ts'
import { LoopbackRelay } from '../support/loopback-relay.ts'
import { RecordingLogger } from '../support/recording-logger.ts'

const root = '/tools/gitlab'
const archive = randomBytes(300_000)
const token = 'glpat-canary-of-the-agent'
const logger = new RecordingLogger()
let gitlab: GitlabStandIn
let handler: VcsHandler
let relay: LoopbackRelay
let client: InstanceType<typeof Gitlab>

beforeAll(async () => {
  gitlab = await GitlabStandIn.start(root, archive)
  handler = createVcsHandler({
    kind: 'gitlab',
    url: gitlab.url,
    credentials: { type: 'token', token },
    policy: { write: ['statuses', 'comments', 'hooks'] },
    logger,
  })
  relay = await LoopbackRelay.listen(handler)
  client = new Gitlab({ host: `${relay.url}${root}`, token: 'of-the-control-plane' })
})
afterAll(async () => {
  await relay[Symbol.asyncDispose]()
  await handler[Symbol.asyncDispose]()
  await gitlab[Symbol.asyncDispose]()
})

const project = 'platform/teams/infra'
const sha = '6dcb09b5b57875f334f61aebed695e2e4193db5e'
const one = { maxPages: 1 } as const

type Call = (api: InstanceType<typeof Gitlab>) => Promise<unknown>

const calls: Readonly<Record<string, Call>> = {
  'gitlab.metadata': (api) => api.Metadata.show(),
  'gitlab.user': (api) => api.Users.showCurrentUser(),
  'gitlab.projects': (api) => api.Projects.all({ ...one, search: 'infra', membership: true }),
  'gitlab.groups': (api) => api.Groups.all(one),
  'gitlab.group': (api) => api.Groups.show('platform/teams'),
  'gitlab.group.projects': (api) => api.Groups.allProjects('platform/teams', one),
  'gitlab.group.subgroups': (api) => api.Groups.allSubgroups('platform', one),
  'gitlab.project': (api) => api.Projects.show(project),
  'gitlab.branches': (api) => api.Branches.all(project, { ...one, search: 'feat' }),
  'gitlab.branch': (api) => api.Branches.show(project, 'feature/a+b'),
  'gitlab.tags': (api) => api.Tags.all(project, one),
  'gitlab.tag': (api) => api.Tags.show(project, 'vpc/v1.0.0'),
  'gitlab.commits': (api) =>
    api.Commits.all(project, { ...one, refName: 'feature/a', path: 'a b/c.tf' }),
  'gitlab.commit': (api) => api.Commits.show(project, 'feature/a'),
  'gitlab.commit.diff': (api) => api.Commits.showDiff(project, sha, one),
  'gitlab.commit.refs': (api) =>
    api.Commits.allReferences(project, sha, { ...one, type: 'branch' }),
  'gitlab.commit.merge-requests': (api) => api.Commits.allMergeRequests(project, sha, one),
  'gitlab.commit.statuses': (api) => api.Commits.allStatuses(project, sha),
  'gitlab.commit.comments': (api) => api.Commits.allComments(project, sha),
  'gitlab.compare': (api) => api.Repositories.compare(project, 'main', 'feature/a'),
  'gitlab.tree': (api) =>
    api.Repositories.allRepositoryTrees(project, { ...one, recursive: true, path: 'a/b' }),
  'gitlab.file': (api) => api.RepositoryFiles.show(project, 'modules/v p c/main.tf', 'main'),
  'gitlab.file.raw': (api) => api.RepositoryFiles.showRaw(project, 'modules/vpc/main.tf', 'main'),
  'gitlab.blob': (api) => api.Repositories.showBlob(project, sha),
  'gitlab.blob.raw': (api) => api.Repositories.showBlobRaw(project, sha),
  'gitlab.archive.tar.gz': (api) =>
    api.Repositories.showArchive(project, { fileType: 'tar.gz', sha }),
  'gitlab.archive.zip': (api) => api.Repositories.showArchive(project, { fileType: 'zip', sha }),
  'gitlab.merge-requests': (api) =>
    api.MergeRequests.all({ projectId: project, state: 'opened', ...one }),
  'gitlab.merge-request': (api) => api.MergeRequests.show(project, 7),
  'gitlab.merge-request.diffs': (api) => api.MergeRequests.allDiffs(project, 7, one),
  'gitlab.merge-request.changes': (api) => api.MergeRequests.showChanges(project, 7),
  'gitlab.merge-request.commits': (api) => api.MergeRequests.allCommits(project, 7, one),
  'gitlab.merge-request.versions': (api) => api.MergeRequests.allDiffVersions(project, 7),
  'gitlab.merge-request.approvals': (api) =>
    api.MergeRequestApprovals.showConfiguration(project, { mergerequestIId: 7 }),
  'gitlab.notes': (api) => api.MergeRequestNotes.all(project, 7, one),
  'gitlab.note': (api) => api.MergeRequestNotes.show(project, 7, 8),
  'gitlab.releases': (api) => api.ProjectReleases.all(project, one),
  'gitlab.release': (api) => api.ProjectReleases.show(project, 'v1.0.0'),
  'gitlab.status.create': (api) =>
    api.Commits.editStatus(project, sha, 'success', { context: 'scalr', targetUrl: 'https://x' }),
  'gitlab.note.create': (api) => api.MergeRequestNotes.create(project, 7, 'a *plan*'),
  'gitlab.note.update': (api) => api.MergeRequestNotes.edit(project, 7, 8, { body: 'done' }),
  'gitlab.commit.comment': (api) => api.Commits.createComment(project, sha, 'done'),
  'gitlab.hooks': (api) => api.ProjectHooks.all(project, one),
  'gitlab.hook': (api) => api.ProjectHooks.show(project, 7),
  'gitlab.hook.create': (api) =>
    api.ProjectHooks.add(project, 'https://agent.example/hook', { pushEvents: true }),
  'gitlab.hook.update': (api) => api.ProjectHooks.edit(project, 7, 'https://agent.example/hook'),
  'gitlab.hook.delete': (api) => api.ProjectHooks.remove(project, 7),
}

describe('@gitbeaker/rest through the handler, to a GitLab below a path', () => {
  it.each(Object.entries(calls))('%s', async (rule, call) => {
    await call(client)
    const record = logger.records.at(-1)
    expect(record?.fields).toMatchObject({ rule, origin: 'vcs' })
    const sent = gitlab.seen.at(-1)
    expect(sent?.token).toBe(token)
    expect(sent?.target.startsWith(`${root}/api/v4/`)).toBe(true)
    if (rule.startsWith('gitlab.branch'))
      expect(sent?.target).toContain('/projects/platform%2Fteams%2Finfra/')
  })

  it('leaves out no rule but those that git is for, and those that gitbeaker does not have', () => {
    const rules = [...new Set(endpointTables.gitlab.endpoints.map(({ id }) => id))]
    expect(
      rules.filter((rule) => calls[rule] === undefined && !rule.startsWith('gitlab.git.')),
    ).toEqual(['gitlab.version', 'gitlab.archive', 'gitlab.hook.test'])
  })

  it('fetches an archive whole', async () => {
    const blob = await client.Repositories.showArchive(project, { sha })
    expect(Buffer.from(await blob.arrayBuffer()).equals(archive)).toBe(true)
  })

  it('pages to the end, though the links name the server by its outside name', async () => {
    const tags = await client.Tags.all(project, { perPage: 1 })
    expect(tags.map((tag) => tag['id'])).toEqual([1, 2, 3])
  })

  it('is told who refuses: the policy, not GitLab', async () => {
    const before = gitlab.seen.length
    await expect(client.Projects.remove(project)).rejects.toThrow(/not allow|Forbidden|no rule/u)
    expect(gitlab.seen).toHaveLength(before)
    expect(logger.records.at(-1)?.fields).toMatchObject({ step: 'method', origin: 'agent' })
  })

  it('cannot be somebody else', async () => {
    // gitbeaker sends a header, which does not pass.
    await client.Projects.all({ sudo: 'root', ...one })
    expect(JSON.stringify(gitlab.seen)).not.toContain('root"')
    const asked = await fetch(`${relay.url}${root}/api/v4/projects?sudo=root`)
    expect(asked.status).toBe(403)
  })

  it('I12: shows no token to anybody', () => {
    expect(logger.text).not.toContain('canary')
    expect(JSON.stringify(gitlab.seen)).not.toContain('of-the-control-plane')
  })
})

import { ConfigurationError } from '@scalr-agent/core'
import { describe, expect, it } from 'vitest'

import { RelayPolicy, type PolicyOptions, type VcsKind } from '../../src/policy/index.ts'

const policyOf = (kind: VcsKind, policy: PolicyOptions = {}, basePath = ''): RelayPolicy =>
  new RelayPolicy({ kind, basePath, policy })

const github = '/api/v3/repos/acme/infra'
const gitlab = '/api/v4/projects/acme%2Fplatform%2Finfra'
const gitea = '/api/v1/repos/acme/infra'
const bitbucket = '/rest/api/latest/projects/ACME/repos/infra'

describe('each kind of server has its own endpoints', () => {
  const allowed: readonly (readonly [VcsKind, string, string])[] = [
    ['github-enterprise', `${github}/branches/feature%2Fx`, 'github.branch'],
    ['github-enterprise', `${github}/git/ref/heads/feature/x`, 'github.git.ref'],
    ['github-enterprise', `${github}/contents/modules/vpc/main.tf?ref=main`, 'github.contents'],
    ['github-enterprise', `${github}/contents/`, 'github.contents.root'],
    ['github-enterprise', `${github}/compare/main...feature%2Fx`, 'github.compare'],
    ['github-enterprise', `${github}/tarball/refs/heads/feature/x`, 'github.tarball'],
    ['github-enterprise', `${github}/commits/main/status`, 'github.commit.status'],
    ['gitlab', '/api/v4/projects/42/repository/tags', 'gitlab.tags'],
    [
      'gitlab',
      `${gitlab}/repository/files/modules%2Fvpc%2Fmain.tf/raw?ref=main`,
      'gitlab.file.raw',
    ],
    ['gitlab', `${gitlab}/repository/archive.tar.gz?sha=0123456789abcdef`, 'gitlab.archive.tar.gz'],
    ['gitlab', `/api/v4/projects/a${'%2Fb'.repeat(20)}/merge_requests/7`, 'gitlab.merge-request'],
    ['gitlab', '/a/b/c/d/e.git/info/refs?service=git-upload-pack', 'gitlab.git.refs'],
    ['gitea', `${gitea}/archive/feature/x.tar.gz`, 'gitea.archive'],
    ['gitea', `${gitea}/raw/modules/vpc/main.tf?ref=main`, 'gitea.raw'],
    ['gitea', '/acme/infra/info/refs?service=git-upload-pack', 'gitea.git.refs'],
    [
      'bitbucket-data-center',
      `${bitbucket}/archive?at=refs%2Fheads%2Fmain&format=tar.gz`,
      'bitbucket.archive',
    ],
    ['bitbucket-data-center', '/rest/api/1.0/projects/~jane/repos/x/raw/a/b.tf', 'bitbucket.raw'],
    [
      'bitbucket-data-center',
      '/scm/acme/infra.git/info/refs?service=git-upload-pack',
      'bitbucket.git.refs',
    ],
  ]

  it.each(allowed)('%s: GET %s', (kind, target, rule) => {
    const decision = policyOf(kind).decide('GET', target)
    expect(decision).toMatchObject({
      allowed: true,
      endpoint: { id: rule },
      target: { raw: target },
    })
    expect(policyOf(kind).decide('HEAD', target)).toMatchObject({ allowed: true })
  })

  it('denies what no rule has', () => {
    expect(policyOf('gitlab').decide('GET', '/api/v4/application/settings')).toMatchObject({
      allowed: false,
      step: 'endpoint',
    })
    expect(policyOf('gitlab').decide('GET', '/admin')).toMatchObject({ step: 'endpoint' })
    expect(policyOf('gitlab').decide('GET', '/')).toMatchObject({ step: 'endpoint' })
  })

  it('compares fixed parts as they are written, so that nothing passes in disguise', () => {
    expect(policyOf('gitlab').decide('GET', '/api/v4/%75ser')).toMatchObject({ step: 'endpoint' })
    expect(policyOf('gitlab').decide('GET', '/API/v4/user')).toMatchObject({ step: 'endpoint' })
    expect(policyOf('gitlab').decide('GET', '/api/v4/user/')).toMatchObject({ step: 'endpoint' })
  })

  it('knows methods as they are written, and no others', () => {
    for (const method of ['DELETE', 'get', 'TRACE', 'CONNECT', 'OPTIONS', 'GET ', 'PROPFIND']) {
      expect(policyOf('gitlab').decide(method, '/api/v4/user')).toMatchObject({
        allowed: false,
        step: 'method',
      })
    }
  })
})

describe('slots have types', () => {
  it.each<readonly [string, VcsKind, string, string]>([
    ['an encoded slash in an owner', 'github-enterprise', '/api/v3/repos/a%2Fb/c', 'encoded-slash'],
    ['an encoded slash in a number', 'gitlab', `${gitlab}/merge_requests/1%2F2`, 'encoded-slash'],
    [
      'an encoded slash in a SHA',
      'github-enterprise',
      `${github}/git/commits/abc%2Fdef`,
      'encoded-slash',
    ],
    ['a number that is none', 'github-enterprise', `${github}/pulls/x`, 'slot'],
    ['a number with zeros before', 'github-enterprise', `${github}/pulls/01`, 'slot'],
    ['a SHA that is none', 'github-enterprise', `${github}/git/commits/main`, 'slot'],
    ['a project that is one name', 'gitlab', '/api/v4/projects/infra', 'slot'],
    ['a revision instead of a ref', 'github-enterprise', `${github}/branches/main~1`, 'slot'],
    ['a range instead of a ref', 'github-enterprise', `${github}/branches/a..b`, 'slot'],
    [
      'a comparison with another fork',
      'github-enterprise',
      `${github}/compare/main...evil:main`,
      'slot',
    ],
    ['a comparison of three', 'github-enterprise', `${github}/compare/a...b...c`, 'slot'],
    ['an archive of a form that there is not', 'gitea', `${gitea}/archive/main.exe`, 'slot'],
    ['a repository called x.git', 'github-enterprise', '/api/v3/repos/a/x.git', 'slot'],
  ])('%s', (_what, kind, target, step) => {
    expect(policyOf(kind).decide('GET', target)).toMatchObject({ allowed: false, step })
  })

  it('takes %2F in whatever case in projects, refs and paths', () => {
    expect(policyOf('gitlab').decide('GET', '/api/v4/projects/a%2fb%2Fc')).toMatchObject({
      allowed: true,
      project: 'a/b/c',
    })
  })
})

describe('git is read by smart HTTP alone', () => {
  const repo = '/acme/infra.git'
  it.each<readonly [string, string, string, string]>([
    ['a push: its advertisement', 'GET', `${repo}/info/refs?service=git-receive-pack`, 'git-push'],
    ['a push', 'POST', `${repo}/git-receive-pack`, 'git-push'],
    ['a push, encoded', 'POST', `${repo}/git%2Dreceive-pack`, 'git-push'],
    [
      'two services',
      'GET',
      `${repo}/info/refs?service=git-upload-pack&x=git-receive-pack`,
      'git-service',
    ],
    ['an encoded service', 'GET', `${repo}/info/refs?service=git%2Dupload-pack`, 'git-service'],
    ['another service', 'GET', `${repo}/info/refs?service=git-upload-archive`, 'git-service'],
    ['dumb HTTP: refs', 'GET', `${repo}/info/refs`, 'git-dumb-http'],
    ['dumb HTTP: HEAD', 'GET', `${repo}/HEAD`, 'git-dumb-http'],
    ['dumb HTTP: packs', 'GET', `${repo}/objects/info/packs`, 'git-dumb-http'],
    ['dumb HTTP: objects', 'GET', `${repo}/objects/ab/${'0'.repeat(38)}`, 'git-dumb-http'],
    ['LFS', 'POST', `${repo}/info/lfs/objects/batch`, 'git-lfs'],
    ['LFS locks', 'GET', `${repo}/info/lfs/locks`, 'git-lfs'],
    [
      'a query with the POST',
      'POST',
      `${repo}/git-upload-pack?service=git-receive-pack`,
      'query-parameter',
    ],
    ['the wrong method', 'GET', `${repo}/git-upload-pack`, 'method'],
    ['GraphQL', 'POST', '/api/graphql', 'graphql'],
  ])('%s', (_what, method, target, step) => {
    for (const kind of ['github-enterprise', 'gitlab', 'gitea'] as const) {
      expect(policyOf(kind).decide(method, target)).toMatchObject({ allowed: false, step })
    }
  })

  it('can be switched off', () => {
    const policy = policyOf('gitlab', { git: false })
    expect(policy.decide('GET', `${repo}/info/refs?service=git-upload-pack`)).toMatchObject({
      step: 'git-off',
    })
  })
})

describe('credentials never come from the control plane', () => {
  it.each([
    'private_token',
    'access_token',
    'job_token',
    'Private_Token',
    'private_token%5B%5D',
    '%70rivate_token',
    'token',
    'sudo',
    'client_secret',
  ])('the parameter %s is refused, and its value not told', (key) => {
    const decision = policyOf('gitlab').decide('GET', `/api/v4/user?${key}=glpat-canary`)
    expect(decision).toMatchObject({ allowed: false, step: 'query-credential' })
    expect(JSON.stringify(decision)).not.toContain('canary')
  })

  it('other parameters that the endpoint does not have are refused', () => {
    expect(policyOf('gitlab').decide('GET', `${gitlab}?_method=DELETE`)).toMatchObject({
      step: 'query-parameter',
    })
    // Of another project.
    expect(
      policyOf('gitlab').decide(
        'GET',
        `${gitlab}/repository/compare?from=a&to=b&from_project_id=7`,
      ),
    ).toMatchObject({ step: 'query-parameter' })
  })

  it.each<readonly [VcsKind, string]>([
    ['github-enterprise', '/api/v3/app/installations/1/access_tokens'],
    ['gitlab', '/oauth/token'],
    ['gitlab', `${gitlab}/access_tokens`],
    ['gitea', '/api/v1/users/jane/tokens'],
  ])('%s gives out no tokens: %s', (kind, target) => {
    expect(policyOf(kind).decide('POST', target)).toMatchObject({ step: 'credential-endpoint' })
  })
})

describe('one list of projects for REST, git and archives', () => {
  const asked: Readonly<Record<VcsKind, (project: string) => readonly string[]>> = {
    'github-enterprise': (project) => [
      `/api/v3/repos/${project}`,
      `/api/v3/repos/${project}/tarball/main`,
      `/${project}.git/info/refs?service=git-upload-pack`,
      `/${project}/info/refs?service=git-upload-pack`,
    ],
    gitea: (project) => [
      `/api/v1/repos/${project}/branches`,
      `/api/v1/repos/${project}/archive/main.zip`,
      `/${project}.git/info/refs?service=git-upload-pack`,
    ],
    gitlab: (project) => [
      `/api/v4/projects/${encodeURIComponent(project)}/repository/tree`,
      `/api/v4/projects/${encodeURIComponent(project)}/repository/archive`,
      `/${project}.git/info/refs?service=git-upload-pack`,
    ],
    'bitbucket-data-center': (project) => {
      const path = `/rest/api/latest/projects/${project.replace('/', '/repos/')}`
      return [
        path,
        `${path}/archive?at=main`,
        `/scm/${project}.git/info/refs?service=git-upload-pack`,
      ]
    },
  }

  it.each(Object.entries(asked))('%s', (kind, targets) => {
    const policy = policyOf(kind as VcsKind, { allowedProjects: ['acme/infra', 'tools/*'] })
    for (const project of ['acme/infra', 'ACME/Infra', 'tools/x']) {
      for (const target of targets(project)) {
        expect(policy.decide('GET', target), target).toMatchObject({ allowed: true })
      }
    }
    for (const project of ['acme/infra2', 'acme/infra.wiki', 'xacme/infra', 'acme/other']) {
      for (const target of targets(project)) {
        expect(policy.decide('GET', target), target).toMatchObject({ step: 'allowed-projects' })
      }
    }
  })

  it('knows depth: * is one name, ** any number of them', () => {
    const policy = policyOf('gitlab', { allowedProjects: ['a/*', 'b/**', 'c/**/infra'] })
    const allows = (project: string): boolean =>
      policy.decide('GET', `/api/v4/projects/${encodeURIComponent(project)}`).allowed
    expect(
      ['a/x', 'b/x', 'b/x/y/z', 'c/x/infra', 'c/x/y/infra'].filter((path) => !allows(path)),
    ).toEqual([])
    expect(['a/x/y', 'c/infra/x', 'bb/x', 'x/b/x'].filter(allows)).toEqual([])
  })

  it('does not let an id pass where paths are listed, unless it is listed', () => {
    const policy = policyOf('gitlab', { allowedProjects: ['a/**', '42'] })
    expect(policy.decide('GET', '/api/v4/projects/42')).toMatchObject({ allowed: true })
    expect(policy.decide('GET', '/api/v4/projects/43')).toMatchObject({ step: 'allowed-projects' })
    expect(policyOf('gitlab').decide('GET', '/api/v4/projects/43')).toMatchObject({ allowed: true })
  })

  it('does not list what it does not allow, unless told so', () => {
    const policy = policyOf('gitlab', { allowedProjects: ['a/**'] })
    expect(policy.decide('GET', '/api/v4/projects')).toMatchObject({ step: 'listing' })
    expect(policy.decide('GET', '/api/v4/groups/b/projects')).toMatchObject({ step: 'listing' })
    expect(policy.decide('GET', '/api/v4/groups/7/projects')).toMatchObject({ step: 'listing' })
    expect(policy.decide('GET', '/api/v4/groups/a%2Fb/projects')).toMatchObject({ allowed: true })
    expect(policy.decide('GET', '/api/v4/user')).toMatchObject({ allowed: true })
    const open = policyOf('gitlab', { allowedProjects: ['a/**'], listProjects: true })
    expect(open.decide('GET', '/api/v4/projects')).toMatchObject({ allowed: true })
    const owner = policyOf('github-enterprise', { allowedProjects: ['acme/*'] })
    expect(owner.decide('GET', '/api/v3/orgs/acme/repos')).toMatchObject({ allowed: true })
    expect(owner.decide('GET', '/api/v3/orgs/other/repos')).toMatchObject({ step: 'listing' })
  })
})

describe('writing is asked for, group by group', () => {
  const writes: readonly (readonly [VcsKind, string, string, string])[] = [
    ['github-enterprise', 'POST', `${github}/statuses/0123abc`, 'statuses'],
    ['github-enterprise', 'POST', `${github}/check-runs`, 'checks'],
    ['github-enterprise', 'PATCH', `${github}/check-runs/7`, 'checks'],
    ['github-enterprise', 'POST', `${github}/issues/7/comments`, 'comments'],
    ['github-enterprise', 'POST', `${github}/hooks`, 'hooks'],
    ['github-enterprise', 'GET', `${github}/hooks/7/deliveries/8`, 'hooks'],
    ['gitlab', 'POST', `${gitlab}/statuses/0123abc`, 'statuses'],
    ['gitlab', 'POST', `${gitlab}/merge_requests/7/notes`, 'comments'],
    ['gitlab', 'DELETE', `${gitlab}/hooks/7`, 'hooks'],
    ['gitea', 'POST', `${gitea}/statuses/0123abc`, 'statuses'],
    ['gitea', 'POST', `${gitea}/issues/7/comments`, 'comments'],
    ['gitea', 'POST', `${gitea}/hooks`, 'hooks'],
    ['bitbucket-data-center', 'POST', `${bitbucket}/commits/0123abc/builds`, 'statuses'],
    ['bitbucket-data-center', 'POST', `${bitbucket}/pull-requests/7/comments`, 'comments'],
    ['bitbucket-data-center', 'PUT', `${bitbucket}/webhooks/7`, 'hooks'],
  ]

  it.each(writes)('%s %s %s: %s', (kind, method, target, group) => {
    expect(policyOf(kind).decide(method, target)).toMatchObject({ step: 'write-group' })
    expect(policyOf(kind, { write: [group as 'hooks'] }).decide(method, target)).toMatchObject({
      allowed: true,
      endpoint: { group },
    })
    const others = ['statuses', 'checks', 'comments', 'hooks'].filter((other) => other !== group)
    expect(policyOf(kind, { write: others as 'hooks'[] }).decide(method, target)).toMatchObject({
      step: 'write-group',
    })
  })
})

describe('a server below a path of its own', () => {
  const policy = policyOf('gitlab', {}, '/tools/gitlab')

  it('has everything below it', () => {
    expect(policy.decide('GET', '/tools/gitlab/api/v4/user')).toMatchObject({ allowed: true })
    expect(
      policy.decide('GET', '/tools/gitlab/a/b.git/info/refs?service=git-upload-pack'),
    ).toMatchObject({ allowed: true, project: 'a/b' })
  })

  it('has nothing beside it', () => {
    for (const target of [
      '/api/v4/user',
      '/tools/api/v4/user',
      '/tools/gitlab2/api/v4/user',
      '/tools/%67itlab/api/v4/user',
    ]) {
      expect(policy.decide('GET', target)).toMatchObject({ step: 'base-path' })
    }
  })
})

describe('a policy that cannot be meant is refused, line by line', () => {
  it('names each mistake', () => {
    const make = (policy: unknown) => () => policyOf('gitlab', policy as PolicyOptions)
    expect(make({ allowedProject: ['a/b'] })).toThrow(/Unrecognized key: "allowedProject"/u)
    expect(make({ allowedProjects: ['/a'] })).toThrow(/allowedProjects\.0: must be like/u)
    expect(make({ allowedProjects: ['a b'] })).toThrow(ConfigurationError)
    expect(make({ write: ['push'] })).toThrow(/write\.0/u)
    expect(make({ rules: ['gitlab.nothing'] })).toThrow(/gitlab has no rules gitlab\.nothing/u)
  })

  it('rules that are not named are off', () => {
    const policy = policyOf('gitlab', { rules: ['gitlab.user'] })
    expect(policy.decide('GET', '/api/v4/user')).toMatchObject({ allowed: true })
    expect(policy.decide('GET', '/api/v4/version')).toMatchObject({
      step: 'rule-off',
      rule: 'gitlab.version',
    })
  })
})

import { Readable } from 'node:stream'

import { describe, expect, it } from 'vitest'

import { ForgeError } from '../../src/vcs/forge/index.ts'
import { scriptedForge } from '../support/scripted-gateway.ts'
import { json } from '../support/test-forge.ts'

const { signal } = new AbortController()
const options = { signal }
const sha = 'a'.repeat(40)
const base = 'b'.repeat(40)

describe('the client of GitLab', () => {
  const project = '/gitlab/api/v4/projects/acme%2Fsub%2Finfra'
  const at = (answers: Record<string, unknown>) =>
    scriptedForge('gitlab', answers, 'https://vcs.example.com/gitlab/')

  it('asks for projects of any depth below a relative root', async () => {
    const { client } = at({
      [`GET ${project}`]: { id: 12, default_branch: 'main', http_url_to_repo: 'https://x/y.git' },
      [`GET ${project}/repository/branches/feature%2Fx`]: {
        commit: { id: sha, message: 'M', web_url: 'https://x', author_name: 'Ann' },
      },
    })
    expect(await client.repository('acme/sub/infra', options)).toEqual({
      id: '12',
      defaultBranch: 'main',
      cloneUrl: 'https://x/y.git',
    })
    expect(await client.branch('acme/sub/infra', 'feature/x', options)).toEqual({
      sha,
      message: 'M',
      url: 'https://x',
      author: 'Ann',
    })
    expect(await client.branch('acme/sub/infra', 'gone', options)).toBeUndefined()
  })

  it('lists what changed, renames on both sides, and says when it cannot', async () => {
    const target = `GET ${project}/repository/compare?from=${base}&to=${sha}&straight=true`
    const changed = (answer: unknown) =>
      at({ [target]: answer }).client.changedFiles('acme/sub/infra', { base, head: sha }, options)
    expect(
      await changed({
        diffs: [
          { new_path: 'a', old_path: 'a' },
          { new_path: 'new', old_path: 'old' },
        ],
      }),
    ).toEqual(['a', 'new', 'old'])
    expect(await changed({ diffs: [], compare_timeout: true })).toBeUndefined()
    // The commit that was seen last may be gone.
    expect(await changed(json(404, {}))).toBeUndefined()
  })

  it('knows merge requests, from forks too', async () => {
    const { client } = at({
      [`GET ${project}/merge_requests/5`]: {
        iid: 5,
        title: 'T',
        state: 'opened',
        draft: true,
        web_url: 'https://x/5',
        author: { username: 'ann' },
        source_branch: 'f',
        target_branch: 'main',
        source_project_id: 99,
        target_project_id: 12,
        sha,
      },
    })
    expect(await client.pullRequest('acme/sub/infra', 5, options)).toEqual({
      number: 5,
      title: 'T',
      isOpen: true,
      isDraft: true,
      isFork: true,
      baseBranch: 'main',
      headBranch: 'f',
      headSha: sha,
      url: 'https://x/5',
      author: 'ann',
    })
  })

  it('sets statuses in GitLab’s words, and reads all pages of tags', async () => {
    const page = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => ({
        name: `v${from + index}.0.0`,
        commit: { id: sha },
      }))
    const { client, requests } = at({
      [`POST ${project}/statuses/${sha}`]: { status: 'failed' },
      [`GET ${project}/repository/tags?per_page=100&page=1`]: page(0, 100),
      [`GET ${project}/repository/tags?per_page=100&page=2`]: page(100, 3),
    })
    const status = { state: 'failure', context: 'c', description: 'd', url: 'https://run' } as const
    await client.setStatus('acme/sub/infra', sha, status, options)
    const chunks: Buffer[] = []
    for await (const chunk of requests[0]?.body ?? []) chunks.push(Buffer.from(chunk as Buffer))
    const body = Buffer.concat(chunks)
    expect(JSON.parse(body.toString())).toEqual({
      state: 'failed',
      name: 'c',
      description: 'd',
      target_url: 'https://run',
    })
    expect(requests[0]?.headers).toContainEqual(['content-length', String(body.byteLength)])
    expect(await client.tags('acme/sub/infra', options)).toHaveLength(103)
  })
})

describe('the client of Gitea', () => {
  const repo = '/api/v1/repos/acme/infra'
  const at = (answers: Record<string, unknown>) => scriptedForge('gitea', answers)

  it('lists what the commits of a push changed, unless the branch was rewritten', async () => {
    const ahead = {
      total_commits: 2,
      commits: [
        { files: [{ filename: 'a' }, { filename: 'b' }] },
        { files: [{ filename: 'b' }, { filename: 'new', previous_filename: 'old' }] },
      ],
    }
    const changed = (forward: unknown, back: unknown) =>
      at({
        [`GET ${repo}/compare/${base}...${sha}`]: forward,
        [`GET ${repo}/compare/${sha}...${base}`]: back,
      }).client.changedFiles('acme/infra', { base, head: sha }, options)
    const nothing = { total_commits: 0, commits: [] }
    expect(await changed(ahead, nothing)).toEqual(['a', 'b', 'new', 'old'])
    expect(await changed(ahead, { total_commits: 1, commits: [] })).toBeUndefined()
    expect(await changed({ ...ahead, total_commits: 3 }, nothing)).toBeUndefined()
    expect(await changed({ total_commits: 1, commits: [{}] }, nothing)).toBeUndefined()
    expect(await changed(json(404, {}), nothing)).toBeUndefined()
  })

  it('asks for branches with slashes as they are, and pages until one is empty', async () => {
    const { client } = at({
      [`GET ${repo}/branches/feature/x%20y`]: {
        commit: { id: sha, message: 'M', author: { name: 'Ann' } },
      },
      [`GET ${repo}/tags?limit=50&page=1`]: [{ name: 'v1.0.0', commit: { sha } }],
      [`GET ${repo}/tags?limit=50&page=2`]: [],
    })
    expect(await client.branch('acme/infra', 'feature/x y', options)).toMatchObject({
      sha,
      author: 'Ann',
    })
    expect(await client.tags('acme/infra', options)).toEqual([{ name: 'v1.0.0', sha }])
  })
})

describe('errors of a forge', () => {
  const failing = async (answer: unknown): Promise<ForgeError> => {
    const { client } = scriptedForge('github_enterprise', {
      'GET /api/v3/repos/acme/infra': answer,
    })
    return client.repository('acme/infra', options).then(
      () => {
        throw new Error('It was answered')
      },
      (error: unknown) => {
        if (error instanceof ForgeError) return error
        throw error
      },
    )
  }

  it.each<[string, unknown, boolean, string]>([
    ['a 404', json(404, { message: 'Not Found' }), false, 'answered 404 (Not Found). There is no'],
    ['a 401', json(401, {}), false, 'credentials of the VCS agent are wrong'],
    ['a 503', json(503, {}), true, 'GitHub Enterprise answered 503'],
    ['a 429', json(429, {}), true, '429'],
    [
      'a rate limit in a 403',
      json(403, { message: 'limit' }, { headers: [['X-RateLimit-Remaining', '0']] }),
      true,
      'answered 403 (limit)',
    ],
    [
      'a refusal of the agent',
      json(403, { detail: 'no rule allows it' }, { origin: 'agent' }),
      false,
      'the agent of the relay answered 403 (no rule allows it). The policy of the VCS agent decides',
    ],
    [
      'a 502 of the agent',
      json(502, { detail: 'no connection' }, { origin: 'agent' }),
      true,
      'the agent of the relay answered 502 (no connection)',
    ],
    ['another shape', json(200, { id: 'x' }), false, 'is not what GitHub Enterprise documents'],
    [
      'no JSON',
      json(200, {}, { body: Readable.from([Buffer.from('<html>')]) }),
      false,
      'is not what GitHub Enterprise documents',
    ],
  ])(
    'tell of %s, and whether another try may help',
    async (_what, answer, isTransient, message) => {
      const error = await failing(answer)
      expect(error.message).toContain(message)
      expect(error.isTransient).toBe(isTransient)
    },
  )

  it('keep what the forge asked to wait', async () => {
    const error = await failing(json(503, {}, { headers: [['Retry-After', '7']] }))
    expect(error.retryAfterMs).toBe(7000)
  })

  it('are none of the VCS when the agent answers 404 to what it does not serve', async () => {
    const { client } = scriptedForge('github_enterprise', {
      'GET /api/v3/repos/acme/infra/branches/main': json(404, {}, { origin: 'agent' }),
    })
    await expect(client.branch('acme/infra', 'main', options)).rejects.toThrow('the agent of')
  })
})

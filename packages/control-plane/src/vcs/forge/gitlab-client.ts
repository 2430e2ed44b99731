import type { Readable } from 'node:stream'

import { z } from 'zod'

import type {
  CommitState,
  ForgeCallOptions,
  ForgeClient,
  ForgeCommit,
  ForgePullRequest,
  ForgeRepository,
  ForgeTag,
  NewCommitStatus,
} from './forge-client.ts'
import type { ForgeHttp } from './forge-http.ts'
import { allOf } from './all-of.ts'

const projectSchema = z.object({
  id: z.number(),
  default_branch: z.string().nullish(),
  http_url_to_repo: z.string().nullish(),
})
const branchSchema = z.object({
  commit: z.object({
    id: z.string(),
    message: z.string().nullish(),
    web_url: z.string().nullish(),
    author_name: z.string().nullish(),
  }),
})
const diffSchema = z.object({ new_path: z.string(), old_path: z.string() })
const compareSchema = z.object({
  diffs: z.array(diffSchema),
  compare_timeout: z.boolean().optional(),
})
const mergeRequestSchema = z.object({
  iid: z.number(),
  title: z.string(),
  state: z.string(),
  draft: z.boolean().optional(),
  web_url: z.string().nullish(),
  author: z.object({ username: z.string() }).nullish(),
  source_branch: z.string(),
  target_branch: z.string(),
  source_project_id: z.number().nullish(),
  target_project_id: z.number(),
  sha: z.string(),
})
const tagsSchema = z.array(z.object({ name: z.string(), commit: z.object({ id: z.string() }) }))

const states: Readonly<Record<CommitState, string>> = {
  pending: 'pending',
  success: 'success',
  failure: 'failed',
  error: 'canceled',
}

/** GitLab cuts its lists of changed files there by default. */
const maxDiffs = 1000
const pageSize = 100
const maxPages = 30

/** GitLab self-managed, REST v4. */
export class GitlabClient implements ForgeClient {
  readonly #http: ForgeHttp

  constructor(http: ForgeHttp) {
    this.#http = http
  }

  async repository(repository: string, { signal }: ForgeCallOptions): Promise<ForgeRepository> {
    const found = await this.#http.json({ path: project(repository), signal }, projectSchema)
    return {
      id: String(found.id),
      // An empty project has none.
      defaultBranch: found.default_branch ?? 'main',
      cloneUrl: found.http_url_to_repo ?? null,
    }
  }

  async branch(
    repository: string,
    branch: string,
    { signal }: ForgeCallOptions,
  ): Promise<ForgeCommit | undefined> {
    const path = project(repository, `/repository/branches/${encodeURIComponent(branch)}`)
    const found = await this.#http.find({ path, signal }, branchSchema)
    if (found === undefined) return undefined
    const { commit } = found
    return {
      sha: commit.id,
      message: commit.message ?? null,
      url: commit.web_url ?? null,
      author: commit.author_name ?? null,
    }
  }

  async archive(repository: string, sha: string, { signal }: ForgeCallOptions): Promise<Readable> {
    const path = project(repository, `/repository/archive.tar.gz?sha=${sha}`)
    return this.#http.stream({ path, signal })
  }

  async changedFiles(
    repository: string,
    { base, head }: { readonly base: string; readonly head: string },
    { signal }: ForgeCallOptions,
  ): Promise<readonly string[] | undefined> {
    // Straight: from one tree to the other, whatever histories led there.
    const query = `from=${base}&to=${head}&straight=true`
    const path = project(repository, `/repository/compare?${query}`)
    const found = await this.#http.find({ path, signal }, compareSchema)
    if (found === undefined || found.compare_timeout === true || found.diffs.length >= maxDiffs) {
      return undefined
    }
    return found.diffs.flatMap(pathsOf)
  }

  async pullRequest(
    repository: string,
    number: number,
    { signal }: ForgeCallOptions,
  ): Promise<ForgePullRequest | undefined> {
    const path = project(repository, `/merge_requests/${number}`)
    const found = await this.#http.find({ path, signal }, mergeRequestSchema)
    if (found === undefined) return undefined
    return {
      number: found.iid,
      title: found.title,
      isOpen: found.state === 'opened',
      isDraft: found.draft ?? false,
      isFork: found.source_project_id !== found.target_project_id,
      baseBranch: found.target_branch,
      headBranch: found.source_branch,
      headSha: found.sha,
      url: found.web_url ?? null,
      author: found.author?.username ?? null,
    }
  }

  async pullRequestFiles(
    repository: string,
    number: number,
    { signal }: ForgeCallOptions,
  ): Promise<readonly string[] | undefined> {
    const diffs = await this.#pages(
      project(repository, `/merge_requests/${number}/diffs`),
      z.array(diffSchema),
      signal,
    )
    return diffs === undefined || diffs.length >= maxDiffs ? undefined : diffs.flatMap(pathsOf)
  }

  async tags(repository: string, { signal }: ForgeCallOptions): Promise<readonly ForgeTag[]> {
    const tags = await this.#pages(project(repository, '/repository/tags'), tagsSchema, signal)
    return allOf(tags).map(({ name, commit }) => ({ name, sha: commit.id }))
  }

  async setStatus(
    repository: string,
    sha: string,
    status: NewCommitStatus,
    { signal }: ForgeCallOptions,
  ): Promise<void> {
    await this.#http.json(
      {
        method: 'POST',
        path: project(repository, `/statuses/${sha}`),
        body: {
          state: states[status.state],
          name: status.context,
          description: status.description,
          target_url: status.url,
        },
        signal,
      },
      z.object({ status: z.string() }),
    )
  }

  /** All pages; `undefined` when there are more than we read. */
  async #pages<Item>(
    path: string,
    schema: z.ZodType<Item[]>,
    signal: AbortSignal,
  ): Promise<Item[] | undefined> {
    const all: Item[] = []
    for (let page = 1; page <= maxPages; page += 1) {
      const call = { path: `${path}?per_page=${pageSize}&page=${page}`, signal }
      const items = await this.#http.json(call, schema)
      all.push(...items)
      if (items.length < pageSize) return all
    }
    return undefined
  }
}

function project(repository: string, rest = ''): string {
  return `/api/v4/projects/${encodeURIComponent(repository)}${rest}`
}

function pathsOf(diff: z.output<typeof diffSchema>): string[] {
  return diff.new_path === diff.old_path ? [diff.new_path] : [diff.new_path, diff.old_path]
}

import type { Readable } from 'node:stream'

import { z } from 'zod'

import type {
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

const repositorySchema = z.object({
  id: z.number(),
  default_branch: z.string(),
  clone_url: z.string().nullish(),
})
const branchSchema = z.object({
  commit: z.object({
    id: z.string(),
    message: z.string().nullish(),
    url: z.string().nullish(),
    author: z.object({ name: z.string().nullish(), username: z.string().nullish() }).nullish(),
  }),
})
const fileSchema = z.object({ filename: z.string(), previous_filename: z.string().optional() })
const compareSchema = z.object({
  total_commits: z.number(),
  commits: z.array(z.object({ files: z.array(fileSchema).nullish() })).nullish(),
})
const pullRequestSchema = z.object({
  number: z.number(),
  title: z.string(),
  state: z.string(),
  draft: z.boolean().optional(),
  html_url: z.string().nullish(),
  user: z.object({ login: z.string() }).nullish(),
  head: z.object({ ref: z.string(), sha: z.string(), repo_id: z.number() }),
  base: z.object({ ref: z.string(), repo_id: z.number() }),
})
const tagsSchema = z.array(z.object({ name: z.string(), commit: z.object({ sha: z.string() }) }))

/** Gitea's default maximum. */
const pageSize = 50
const maxPages = 60

/** Gitea and Forgejo, API v1. */
export class GiteaClient implements ForgeClient {
  readonly #http: ForgeHttp

  constructor(http: ForgeHttp) {
    this.#http = http
  }

  async repository(repository: string, { signal }: ForgeCallOptions): Promise<ForgeRepository> {
    const found = await this.#http.json({ path: repo(repository), signal }, repositorySchema)
    return {
      id: String(found.id),
      defaultBranch: found.default_branch,
      cloneUrl: found.clone_url ?? null,
    }
  }

  async branch(
    repository: string,
    branch: string,
    { signal }: ForgeCallOptions,
  ): Promise<ForgeCommit | undefined> {
    const path = repo(repository, `/branches/${segments(branch)}`)
    const found = await this.#http.find({ path, signal }, branchSchema)
    if (found === undefined) return undefined
    const { commit } = found
    return {
      sha: commit.id,
      message: commit.message ?? null,
      url: commit.url ?? null,
      author: commit.author?.username ?? commit.author?.name ?? null,
    }
  }

  async archive(repository: string, sha: string, { signal }: ForgeCallOptions): Promise<Readable> {
    return this.#http.stream({ path: repo(repository, `/archive/${sha}.tar.gz`), signal })
  }

  async changedFiles(
    repository: string,
    { base, head }: { readonly base: string; readonly head: string },
    { signal }: ForgeCallOptions,
  ): Promise<readonly string[] | undefined> {
    const compare = (from: string, to: string) =>
      this.#http.find({ path: repo(repository, `/compare/${from}...${to}`), signal }, compareSchema)
    const ahead = await compare(base, head)
    if (ahead === undefined) return undefined
    // Commits of the other side: the branch was rewritten, and the list tells one side only.
    const behind = await compare(head, base)
    if (behind === undefined || behind.total_commits > 0) return undefined
    const commits = ahead.commits ?? []
    if (commits.length < ahead.total_commits) return undefined
    const files = new Set<string>()
    for (const commit of commits) {
      if (commit.files === undefined || commit.files === null) return undefined
      for (const file of commit.files.flatMap(pathsOf)) files.add(file)
    }
    return [...files]
  }

  async pullRequest(
    repository: string,
    number: number,
    { signal }: ForgeCallOptions,
  ): Promise<ForgePullRequest | undefined> {
    const path = repo(repository, `/pulls/${number}`)
    const found = await this.#http.find({ path, signal }, pullRequestSchema)
    if (found === undefined) return undefined
    return {
      number: found.number,
      title: found.title,
      isOpen: found.state === 'open',
      isDraft: found.draft ?? false,
      isFork: found.head.repo_id !== found.base.repo_id,
      baseBranch: found.base.ref,
      headBranch: found.head.ref,
      headSha: found.head.sha,
      url: found.html_url ?? null,
      author: found.user?.login ?? null,
    }
  }

  async pullRequestFiles(
    repository: string,
    number: number,
    { signal }: ForgeCallOptions,
  ): Promise<readonly string[] | undefined> {
    const files = await this.#pages(
      repo(repository, `/pulls/${number}/files`),
      z.array(fileSchema),
      signal,
    )
    return files?.flatMap(pathsOf)
  }

  async tags(repository: string, { signal }: ForgeCallOptions): Promise<readonly ForgeTag[]> {
    const tags = await this.#pages(repo(repository, '/tags'), tagsSchema, signal)
    return allOf(tags).map(({ name, commit }) => ({ name, sha: commit.sha }))
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
        path: repo(repository, `/statuses/${sha}`),
        body: {
          state: status.state,
          context: status.context,
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
      const call = { path: `${path}?limit=${pageSize}&page=${page}`, signal }
      const items = await this.#http.json(call, schema)
      all.push(...items)
      // An administrator may have made pages smaller, so only an empty one is the last for certain.
      if (items.length === 0) return all
    }
    return undefined
  }
}

function repo(repository: string, rest = ''): string {
  return `/api/v1/repos/${segments(repository)}${rest}`
}

/** Slashes stay: the forge takes names with slashes as they are. */
function segments(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/')
}

function pathsOf(file: z.output<typeof fileSchema>): string[] {
  return file.previous_filename === undefined
    ? [file.filename]
    : [file.filename, file.previous_filename]
}

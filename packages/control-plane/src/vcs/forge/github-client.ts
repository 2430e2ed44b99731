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
    sha: z.string(),
    html_url: z.string().nullish(),
    author: z.object({ login: z.string() }).nullish(),
    commit: z.object({
      message: z.string(),
      author: z.object({ name: z.string().nullish() }).nullish(),
    }),
  }),
})
const fileSchema = z.object({ filename: z.string(), previous_filename: z.string().optional() })
const compareSchema = z.object({
  status: z.string(),
  files: z.array(fileSchema).optional(),
})
const pullRequestSchema = z.object({
  number: z.number(),
  title: z.string(),
  state: z.string(),
  draft: z.boolean().optional(),
  html_url: z.string().nullish(),
  user: z.object({ login: z.string() }).nullish(),
  head: z.object({
    ref: z.string(),
    sha: z.string(),
    repo: z.object({ id: z.number() }).nullish(),
  }),
  base: z.object({ ref: z.string(), repo: z.object({ id: z.number() }) }),
})
const tagsSchema = z.array(z.object({ name: z.string(), commit: z.object({ sha: z.string() }) }))

/** More than that GitHub does not list. */
const maxComparedFiles = 300
const pageSize = 100
const maxPages = 30

/** GitHub Enterprise Server, REST v3. */
export class GithubClient implements ForgeClient {
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
    const path = repo(repository, `/branches/${encodeURIComponent(branch)}`)
    const found = await this.#http.find({ path, signal }, branchSchema)
    if (found === undefined) return undefined
    const { commit } = found
    return {
      sha: commit.sha,
      message: commit.commit.message,
      url: commit.html_url ?? null,
      author: commit.author?.login ?? commit.commit.author?.name ?? null,
    }
  }

  async archive(repository: string, sha: string, { signal }: ForgeCallOptions): Promise<Readable> {
    return this.#http.stream({ path: repo(repository, `/tarball/${sha}`), signal })
  }

  async changedFiles(
    repository: string,
    { base, head }: { readonly base: string; readonly head: string },
    { signal }: ForgeCallOptions,
  ): Promise<readonly string[] | undefined> {
    const path = repo(repository, `/compare/${base}...${head}`)
    const found = await this.#http.find({ path, signal }, compareSchema)
    // Past the fork of two histories it tells one side only.
    if (found === undefined || (found.status !== 'ahead' && found.status !== 'identical')) {
      return undefined
    }
    const files = found.files ?? []
    return files.length < maxComparedFiles ? files.flatMap(pathsOf) : undefined
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
      isFork: found.head.repo?.id !== found.base.repo.id,
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
      z.object({ state: z.string() }),
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

function repo(repository: string, rest = ''): string {
  return `/api/v3/repos/${segments(repository)}${rest}`
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

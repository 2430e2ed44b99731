import type { Readable } from 'node:stream'

/** A commit, as its forge tells of it. */
export interface ForgeCommit {
  readonly sha: string
  readonly message: string | null
  readonly url: string | null
  readonly author: string | null
}

export interface ForgeRepository {
  readonly id: string
  readonly defaultBranch: string
  readonly cloneUrl: string | null
}

export interface ForgePullRequest {
  readonly number: number
  readonly title: string
  readonly isOpen: boolean
  readonly isDraft: boolean
  /** Its commits come from another repository, where other people may write. */
  readonly isFork: boolean
  readonly baseBranch: string
  readonly headBranch: string
  readonly headSha: string
  readonly url: string | null
  readonly author: string | null
}

export interface ForgeTag {
  readonly name: string
  readonly sha: string
}

export type CommitState = 'pending' | 'success' | 'failure' | 'error'

export interface NewCommitStatus {
  readonly state: CommitState
  /** Names the status at its commit: a later one of the same name takes its place. */
  readonly context: string
  readonly description: string
  readonly url: string
}

export interface ForgeCallOptions {
  readonly signal: AbortSignal
}

/** What is asked of a forge, whichever it is. Repositories are named as their forge names them. */
export interface ForgeClient {
  repository(repository: string, options: ForgeCallOptions): Promise<ForgeRepository>
  /** The head of a branch; `undefined` when there is no such branch. */
  branch(
    repository: string,
    branch: string,
    options: ForgeCallOptions,
  ): Promise<ForgeCommit | undefined>
  /** tar.gz of the whole tree, as it arrives. */
  archive(repository: string, sha: string, options: ForgeCallOptions): Promise<Readable>
  /** Paths that differ between two commits; `undefined` when the forge cannot say all of them. */
  changedFiles(
    repository: string,
    range: { readonly base: string; readonly head: string },
    options: ForgeCallOptions,
  ): Promise<readonly string[] | undefined>
  /** `undefined` when there is no such pull request. */
  pullRequest(
    repository: string,
    number: number,
    options: ForgeCallOptions,
  ): Promise<ForgePullRequest | undefined>
  /** Paths that it changes; `undefined` when the forge cannot say all of them. */
  pullRequestFiles(
    repository: string,
    number: number,
    options: ForgeCallOptions,
  ): Promise<readonly string[] | undefined>
  tags(repository: string, options: ForgeCallOptions): Promise<readonly ForgeTag[]>
  setStatus(
    repository: string,
    sha: string,
    status: NewCommitStatus,
    options: ForgeCallOptions,
  ): Promise<void>
}

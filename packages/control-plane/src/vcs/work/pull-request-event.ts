import type { BoundWorkspaceRow } from '../../store/index.ts'
import type { ForgeEvent } from '../events/index.ts'
import type { ForgePullRequest, ForgeRepository } from '../forge/index.ts'
import { isTriggered } from '../is-triggered.ts'
import { readWorkspaceRepo } from '../repository-settings.ts'
import type { VcsContext } from '../vcs-context.ts'

import { addDownload } from './download-task.ts'
import { addConfiguration, addRevision } from './new-configuration.ts'
import type { TaskCall } from './vcs-task.ts'

type Happened = Extract<ForgeEvent, { kind: 'pull-request' }>

/**
 * A pull request may have new commits: each workspace that its branch would go to makes a dry run of them,
 * once a commit. As with pushes, the forge is asked how things are now.
 */
export class PullRequestEvent {
  readonly #context: VcsContext

  constructor(context: VcsContext) {
    this.#context = context
  }

  async look(happened: Happened, { task, forge, signal }: TaskCall): Promise<() => void> {
    const { bindings, providers } = this.#context
    const nothing = (): void => {}
    const bound = bindings
      .workspacesOf(task.vcs_provider_id, happened.repository)
      .filter((row) => readWorkspaceRepo(row.vcs_repo_json).dryRunsEnabled)
    if (bound.length === 0) return nothing
    const request = await forge.pullRequest(happened.repository, happened.number, { signal })
    if (request === undefined || !request.isOpen) return nothing
    const takesDrafts = providers.get(task.vcs_provider_id)?.draft_pr_runs === 1
    if (request.isDraft && !takesDrafts) return nothing
    if (request.isFork) {
      // A plan runs what the configuration says, with the variables of the workspace.
      this.#context.logger.info(
        { repository: happened.repository, number: request.number },
        'A pull request from a fork makes no dry run: its code would see the variables of the workspace',
      )
      return nothing
    }
    const repository = await forge.repository(happened.repository, { signal })
    const concerned = bound.filter(
      (row) =>
        (readWorkspaceRepo(row.vcs_repo_json).branch ?? repository.defaultBranch) ===
          request.baseBranch &&
        bindings.pullRequestHead(row.id, request.number) !== request.headSha,
    )
    if (concerned.length === 0) return nothing
    const changed = await forge.pullRequestFiles(happened.repository, request.number, { signal })
    return () => {
      for (const row of concerned) {
        this.#plan(row, { happened, request, repository, changed })
      }
    }
  }

  #plan(
    seen: BoundWorkspaceRow,
    found: {
      readonly happened: Happened
      readonly request: ForgePullRequest
      readonly repository: ForgeRepository
      readonly changed: readonly string[] | undefined
    },
  ): void {
    const { bindings } = this.#context
    const { happened, request, repository, changed } = found
    const now = bindings.workspace(seen.id)
    if (now?.vcs_repo_json !== seen.vcs_repo_json) return
    bindings.setPullRequestHead(seen.id, request.number, request.headSha)
    const repo = readWorkspaceRepo(seen.vcs_repo_json)
    if (!isTriggered(repo, changed)) return
    const configurationVersionId = addConfiguration(this.#context, {
      workspaceId: seen.id,
      isDry: true,
    })
    const message = `${request.title} (#${request.number})`
    addRevision(this.#context, {
      configurationVersionId,
      branch: request.headBranch,
      commit: { sha: request.headSha, message, url: request.url, author: request.author },
      repository,
      sender: happened.sender,
    })
    addDownload(this.#context, seen.vcs_provider_id, {
      workspaceId: seen.id,
      configurationVersionId,
      repository: happened.repository,
      sha: request.headSha,
      path: repo.path,
      message,
      isDry: true,
    })
  }
}

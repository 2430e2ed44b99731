import type { BoundWorkspaceRow } from '../../store/index.ts'
import type { ForgeEvent } from '../events/index.ts'
import type { ForgeCommit, ForgeRepository } from '../forge/index.ts'
import { isTriggered } from '../is-triggered.ts'
import { readWorkspaceRepo } from '../repository-settings.ts'
import type { VcsContext } from '../vcs-context.ts'

import { addDownload } from './download-task.ts'
import { addHookSync, hookRepo } from './hook-task.ts'
import { addConfiguration, addRevision } from './new-configuration.ts'
import { addPolicyGroupSync, policyGroupRepo } from './policy-group-task.ts'
import type { TaskCall } from './vcs-task.ts'

type Push = Extract<ForgeEvent, { kind: 'push' }>

interface Found {
  readonly head: ForgeCommit
  readonly repository: ForgeRepository
  readonly push: Push
  readonly providerId: string
}

/**
 * A branch may have moved. What counts is where the forge says it is now, and where each workspace saw it
 * last: a push that comes twice or after a later one changes nothing, one that got lost is made up for by
 * the next, and a branch that is gone is left alone.
 */
export class PushEvent {
  readonly #context: VcsContext

  constructor(context: VcsContext) {
    this.#context = context
  }

  async look(push: Push, { task, forge, signal }: TaskCall): Promise<() => void> {
    const { bindings } = this.#context
    const providerId = task.vcs_provider_id
    const bound = bindings.workspacesOf(providerId, push.repository)
    const groups = bindings.policyGroupsOf(providerId, push.repository)
    const hooks = bindings.hooksOf(providerId, push.repository)
    if (bound.length === 0 && groups.length === 0 && hooks.length === 0) return () => {}
    const repository = await forge.repository(push.repository, { signal })
    const isOf = (branch: string | null | undefined): boolean =>
      (branch ?? repository.defaultBranch) === push.branch
    const concerned = bound.filter((row) => isOf(readWorkspaceRepo(row.vcs_repo_json).branch))
    const moved = groups.filter((row) => isOf(policyGroupRepo(row).branch))
    const changed = hooks.filter((row) => isOf(hookRepo(row).branch))
    if (concerned.length === 0 && moved.length === 0 && changed.length === 0) return () => {}
    const head = await forge.branch(push.repository, push.branch, { signal })
    if (head === undefined) return () => {}
    const changes = new Map<string, readonly string[] | undefined>()
    for (const { vcs_head_sha: base } of concerned) {
      if (base === null || base === head.sha || changes.has(base)) continue
      const range = { base, head: head.sha }
      changes.set(base, await forge.changedFiles(push.repository, range, { signal }))
    }
    const found = { head, repository, push, providerId }
    return () => {
      for (const row of concerned) this.#move(row, changes, found)
      for (const { id } of moved) addPolicyGroupSync(this.#context, id, false)
      for (const { id } of changed) addHookSync(this.#context, id, false)
    }
  }

  #move(
    seen: BoundWorkspaceRow,
    changes: ReadonlyMap<string, readonly string[] | undefined>,
    { head, repository, push, providerId }: Found,
  ): void {
    const { bindings } = this.#context
    const now = bindings.workspace(seen.id)
    // Bound to something else since: that has a sync of its own.
    if (
      now?.vcs_repo_json !== seen.vcs_repo_json ||
      now.vcs_provider_id !== seen.vcs_provider_id ||
      now.vcs_head_sha !== seen.vcs_head_sha ||
      now.vcs_head_sha === head.sha
    ) {
      return
    }
    bindings.setWorkspaceHead(seen.id, head.sha)
    const repo = readWorkspaceRepo(seen.vcs_repo_json)
    const changed = seen.vcs_head_sha === null ? undefined : changes.get(seen.vcs_head_sha)
    if (!isTriggered(repo, changed)) return
    const configurationVersionId = addConfiguration(this.#context, {
      workspaceId: seen.id,
      isDry: false,
    })
    addRevision(this.#context, {
      configurationVersionId,
      branch: push.branch,
      commit: head,
      repository,
      sender: push.sender,
    })
    addDownload(this.#context, providerId, {
      workspaceId: seen.id,
      configurationVersionId,
      repository: push.repository,
      sha: head.sha,
      path: repo.path,
      message: head.message,
      isDry: false,
    })
  }
}

import { z } from 'zod'

import type { VcsTaskRow } from '../../store/index.ts'
import { readWorkspaceRepo } from '../repository-settings.ts'
import type { VcsContext } from '../vcs-context.ts'

import { addDownload } from './download-task.ts'
import { addConfiguration, addRevision, failConfiguration } from './new-configuration.ts'
import { repositorySubject } from './repository-subject.ts'
import { TaskRefusedError, type TaskCall, type TaskHandler } from './vcs-task.ts'

const payloadSchema = z.object({ workspaceId: z.string(), configurationVersionId: z.string() })

export const syncKind = 'sync'

/**
 * Makes a configuration version of what the workspace's branch holds, whatever was there before. Inside a
 * transaction. @returns its id
 */
export function addSync(context: VcsContext, workspaceId: string): string {
  const { bindings, tasks, at } = context
  const workspace = bindings.workspace(workspaceId)
  if (workspace === undefined) throw new TypeError(`The workspace ${workspaceId} has no repository`)
  const configurationVersionId = addConfiguration(context, { workspaceId, isDry: false })
  const { identifier } = readWorkspaceRepo(workspace.vcs_repo_json)
  tasks.add(
    {
      providerId: workspace.vcs_provider_id,
      subject: repositorySubject(identifier),
      kind: syncKind,
      payload: { workspaceId, configurationVersionId },
    },
    at(),
  )
  return configurationVersionId
}

/** Finds out at which commit the branch of a workspace is. */
export class SyncTask implements TaskHandler {
  readonly #context: VcsContext

  constructor(context: VcsContext) {
    this.#context = context
  }

  async run({ task, forge, signal }: TaskCall): Promise<() => void> {
    const { bindings } = this.#context
    const { workspaceId, configurationVersionId } = readPayload(task)
    const workspace = bindings.workspace(workspaceId)
    if (workspace?.vcs_provider_id !== task.vcs_provider_id) {
      throw new TaskRefusedError(
        'The workspace was taken from its repository before this configuration was fetched.',
      )
    }
    const repo = readWorkspaceRepo(workspace.vcs_repo_json)
    const repository = await forge.repository(repo.identifier, { signal })
    const branch = repo.branch ?? repository.defaultBranch
    const commit = await forge.branch(repo.identifier, branch, { signal })
    if (commit === undefined) {
      throw new TaskRefusedError(
        `The repository ${repo.identifier} has no branch '${branch}'. Name another one in vcs-repo.branch, or push it and resync.`,
      )
    }
    return () => {
      bindings.setWorkspaceHead(workspaceId, commit.sha)
      addRevision(this.#context, {
        configurationVersionId,
        branch,
        commit,
        repository,
        sender: null,
      })
      addDownload(this.#context, task.vcs_provider_id, {
        workspaceId,
        configurationVersionId,
        repository: repo.identifier,
        sha: commit.sha,
        path: repo.path,
        message: commit.message,
        isDry: false,
      })
    }
  }

  failed(task: VcsTaskRow, reason: string): void {
    failConfiguration(this.#context, readPayload(task).configurationVersionId, reason)
  }
}

function readPayload(task: VcsTaskRow): z.infer<typeof payloadSchema> {
  return payloadSchema.parse(JSON.parse(task.payload_json))
}

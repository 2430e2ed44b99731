import { z } from 'zod'

import { findArchiveFault, hookArchiveLimits, rerootArchive } from '../../archives/index.ts'
import { dataFiles, type BoundHookRow, type VcsTaskRow } from '../../store/index.ts'
import type { VcsContext } from '../vcs-context.ts'

import { repositorySubject } from './repository-subject.ts'
import { TaskRefusedError, type TaskCall, type TaskHandler } from './vcs-task.ts'

const payloadSchema = z.object({ hookId: z.string(), force: z.boolean() })

const hookRepoSchema = z.object({ identifier: z.string(), branch: z.string().nullish() })

export const hookKind = 'hook'

/** Looks at the repository of a hook. Inside a transaction. */
export function addHookSync(context: VcsContext, hookId: string, force: boolean): void {
  const { bindings, tasks, at } = context
  const hook = bindings.hook(hookId)
  if (hook === undefined) return
  tasks.add(
    {
      providerId: hook.vcs_provider_id,
      subject: repositorySubject(hookRepo(hook).identifier),
      kind: hookKind,
      payload: { hookId, force },
    },
    at(),
  )
}

/** Where a hook comes from. */
export function hookRepo(hook: { readonly vcs_repo_json: string }): z.infer<typeof hookRepoSchema> {
  return hookRepoSchema.parse(JSON.parse(hook.vcs_repo_json))
}

/** Fetches the files of a hook. What is wrong is noted, and a hook that had files keeps them and goes on. */
export class HookTask implements TaskHandler {
  readonly #context: VcsContext

  constructor(context: VcsContext) {
    this.#context = context
  }

  async run({ task, forge, signal }: TaskCall): Promise<() => void> {
    const { bindings, files, ids } = this.#context
    const { hookId, force } = readPayload(task)
    const hook = bindings.hook(hookId)
    if (hook?.vcs_provider_id !== task.vcs_provider_id) return () => {}
    const repo = hookRepo(hook)
    const branch =
      repo.branch ?? (await forge.repository(repo.identifier, { signal })).defaultBranch
    const head = await forge.branch(repo.identifier, branch, { signal })
    if (head === undefined) {
      throw new TaskRefusedError(`The repository ${repo.identifier} has no branch '${branch}'.`)
    }
    if (head.sha === hook.vcs_head_sha && !force) return () => {}
    const archiveId = ids('blob')
    const file = dataFiles.hookArchive(archiveId)
    try {
      const archive = await forge.archive(repo.identifier, head.sha, { signal })
      const written = await files.writeStream(
        file,
        rerootArchive(archive, { path: '', limits: hookArchiveLimits }),
        { maxBytes: hookArchiveLimits.packedBytes },
      )
      const fault = await findArchiveFault(files.path(file), {
        archive: `repository ${repo.identifier} at ${head.sha.slice(0, 12)}`,
        limits: {
          maxEntries: hookArchiveLimits.entries,
          maxBytes: hookArchiveLimits.unpackedBytes,
        },
        requiredFile: hook.scriptfile_path,
        signal,
      })
      if (fault !== undefined) throw new TaskRefusedError(fault)
      return () => this.#replace(hook, head.sha, { id: archiveId, ...written })
    } catch (error) {
      await files.remove(file)
      throw error
    }
  }

  failed(task: VcsTaskRow, reason: string): void {
    const { hooks, at } = this.#context
    hooks.noteFault(readPayload(task).hookId, reason, at())
  }

  #replace(
    seen: BoundHookRow,
    sha: string,
    archive: { readonly id: string; readonly bytes: number; readonly digest: string },
  ): void {
    const { bindings, hooks, at } = this.#context
    const now = bindings.hook(seen.id)
    // Changed since: that has a sync of its own. The file is swept at the next start.
    if (
      now?.vcs_repo_json !== seen.vcs_repo_json ||
      now.vcs_provider_id !== seen.vcs_provider_id ||
      now.scriptfile_path !== seen.scriptfile_path
    ) {
      return
    }
    hooks.replaceArchive({ ...archive, hookId: seen.id, at: at() })
    hooks.activate(seen.id, at())
    bindings.setHookHead(seen.id, sha)
  }
}

function readPayload(task: VcsTaskRow): z.infer<typeof payloadSchema> {
  return payloadSchema.parse(JSON.parse(task.payload_json))
}

import { z } from 'zod'

import { rerootArchive } from '../../archives/index.ts'
import { dataFiles, type VcsTaskRow } from '../../store/index.ts'
import type { VcsContext } from '../vcs-context.ts'

import { failConfiguration } from './new-configuration.ts'
import type { TaskCall, TaskHandler } from './vcs-task.ts'

const payloadSchema = z.object({
  workspaceId: z.string(),
  configurationVersionId: z.string(),
  repository: z.string(),
  sha: z.string(),
  /** Folder that becomes the root. */
  path: z.string(),
  message: z.string().nullable(),
  isDry: z.boolean(),
})
type Payload = z.infer<typeof payloadSchema>

export const downloadKind = 'download'

/** Queues the download of a configuration. Inside a transaction. */
export function addDownload({ tasks, at }: VcsContext, providerId: string, payload: Payload): void {
  const subject = `workspace:${payload.workspaceId}`
  tasks.add({ providerId, subject, kind: downloadKind, payload }, at())
}

/** Fetches the archive of a commit, makes it a workspace's configuration and queues a run. */
export class DownloadTask implements TaskHandler {
  readonly #context: VcsContext

  constructor(context: VcsContext) {
    this.#context = context
  }

  async run({ task, forge, signal }: TaskCall): Promise<() => void> {
    const { files, limits, db, at } = this.#context
    const payload = readPayload(task)
    const { configurationVersionId: id, repository, sha, path } = payload
    if (!this.#isWanted(id)) return () => {}
    const archive = await forge.archive(repository, sha, { signal })
    const written = await files.writeStream(
      dataFiles.configuration(id),
      rerootArchive(archive, {
        path,
        limits: {
          packedBytes: limits.configurationBytes,
          unpackedBytes: limits.configurationUnpackedBytes,
          entries: limits.configurationEntries,
        },
      }),
      { maxBytes: limits.configurationBytes },
    )
    return () => {
      // The workspace may be gone; its file is swept at the next start.
      if (!this.#isWanted(id)) return
      db.run(
        `UPDATE configuration_versions SET status = 'uploaded', bytes = ?, digest = ?, uploaded_at = ?
         WHERE id = ?`,
        written.bytes,
        written.digest,
        at(),
        id,
      )
      this.#queueRun(task, payload)
    }
  }

  failed(task: VcsTaskRow, reason: string): void {
    failConfiguration(this.#context, readPayload(task).configurationVersionId, reason)
  }

  #isWanted(configurationVersionId: string): boolean {
    const row = this.#context.db.get<{ status: string }>(
      'SELECT status FROM configuration_versions WHERE id = ?',
      configurationVersionId,
    )
    return row?.status === 'pending'
  }

  #queueRun(task: VcsTaskRow, payload: Payload): void {
    const { engine, statuses, bindings } = this.#context
    const { workspaceId, configurationVersionId, message, isDry } = payload
    const runId = isDry
      ? engine.createRun({
          workspaceId,
          configurationVersionId,
          source: 'vcs',
          message,
          isDry,
          createdBy: null,
        })
      : engine.configurationUploaded(configurationVersionId, { source: 'vcs', message })
    const workspace = bindings.workspace(workspaceId)
    if (runId === undefined || workspace === undefined) return
    statuses.follow({
      runId,
      providerId: task.vcs_provider_id,
      repository: payload.repository,
      commit: payload.sha,
      context: `scalr/${workspace.environment_name}/${workspace.name}`,
    })
  }
}

function readPayload(task: VcsTaskRow): Payload {
  return payloadSchema.parse(JSON.parse(task.payload_json))
}

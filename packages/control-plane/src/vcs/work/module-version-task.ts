import { z } from 'zod'

import { rerootArchive } from '../../archives/index.ts'
import { dataFiles, type ModuleRow, type VcsTaskRow } from '../../store/index.ts'
import type { VcsContext } from '../vcs-context.ts'

import { refreshModule } from './refresh-module.ts'
import type { TaskCall, TaskHandler } from './vcs-task.ts'

const payloadSchema = z.object({
  moduleVersionId: z.string(),
  repository: z.string(),
  sha: z.string(),
  /** Folder of the module. */
  path: z.string(),
})
type Payload = z.infer<typeof payloadSchema>

export const moduleVersionKind = 'module-version'

/** A module is source text. */
const limits = { packedBytes: 64 * 1024 ** 2, unpackedBytes: 512 * 1024 ** 2, entries: 20_000 }

/** Queues the download of a version. Inside a transaction. */
export function addModuleVersion(
  { tasks, at }: VcsContext,
  module: Pick<ModuleRow, 'id' | 'vcs_provider_id'>,
  payload: Payload,
): void {
  tasks.add(
    {
      providerId: module.vcs_provider_id,
      subject: `module:${module.id}`,
      kind: moduleVersionKind,
      payload,
    },
    at(),
  )
}

/** Fetches one version of a module. */
export class ModuleVersionTask implements TaskHandler {
  readonly #context: VcsContext

  constructor(context: VcsContext) {
    this.#context = context
  }

  async run({ task, forge, signal }: TaskCall): Promise<() => void> {
    const { modules, files } = this.#context
    const { moduleVersionId: id, repository, sha, path } = readPayload(task)
    if (modules.version(id) === undefined) return () => {}
    const archive = await forge.archive(repository, sha, { signal })
    const written = await files.writeStream(
      dataFiles.moduleVersion(id),
      rerootArchive(archive, { path, limits }),
      { maxBytes: limits.packedBytes },
    )
    return () => {
      const version = modules.version(id)
      if (version === undefined) return
      modules.versionStored(id, written)
      refreshModule(this.#context, version.module_id)
    }
  }

  failed(task: VcsTaskRow, reason: string): void {
    const { modules } = this.#context
    const version = modules.version(readPayload(task).moduleVersionId)
    if (version === undefined) return
    modules.versionFailed(version.id, reason)
    refreshModule(this.#context, version.module_id)
  }
}

function readPayload(task: VcsTaskRow): Payload {
  return payloadSchema.parse(JSON.parse(task.payload_json))
}

import { z } from 'zod'

import type { VcsTaskRow } from '../../store/index.ts'
import { compareVersions, versionOfTag } from '../module-tags.ts'
import type { VcsContext } from '../vcs-context.ts'

import { addModuleVersion } from './module-version-task.ts'
import { refreshModule } from './refresh-module.ts'
import { repositorySubject } from './repository-subject.ts'
import type { TaskCall, TaskHandler } from './vcs-task.ts'

const payloadSchema = z.object({ moduleId: z.string(), force: z.boolean() })

const moduleRepoSchema = z.object({
  identifier: z.string(),
  path: z.string().nullish(),
  'tag-prefix': z.string().nullish(),
})

export const moduleKind = 'module'

/** Looks at the tags of a module's repository. Inside a transaction. */
export function addModuleSync(context: VcsContext, moduleId: string, force: boolean): void {
  const { modules, tasks, at } = context
  const module = modules.get(moduleId)
  if (module === undefined) return
  const { identifier } = moduleRepoSchema.parse(JSON.parse(module.vcs_repo_json))
  tasks.add(
    {
      providerId: module.vcs_provider_id,
      subject: repositorySubject(identifier),
      kind: moduleKind,
      payload: { moduleId, force },
    },
    at(),
  )
}

/** Makes a version of each tag that is one, for those that are not there yet. */
export class ModuleTask implements TaskHandler {
  readonly #context: VcsContext

  constructor(context: VcsContext) {
    this.#context = context
  }

  async run({ task, forge, signal }: TaskCall): Promise<() => void> {
    const { modules, ids, at } = this.#context
    const { moduleId, force } = readPayload(task)
    const module = modules.get(moduleId)
    if (module === undefined) return () => {}
    const repo = moduleRepoSchema.parse(JSON.parse(module.vcs_repo_json))
    const tags = await forge.tags(repo.identifier, { signal })
    const wanted = new Map<string, { readonly tag: string; readonly sha: string }>()
    for (const { name, sha } of tags) {
      const version = versionOfTag(name, repo['tag-prefix'] ?? '')
      // `v1.0.0` and `1.0.0` are one version: the first that the forge lists stands.
      if (version !== undefined && !wanted.has(version)) wanted.set(version, { tag: name, sha })
    }
    return () => {
      if (modules.get(moduleId) === undefined) return
      const present = new Map(modules.versionsOf(moduleId).map((row) => [row.version, row]))
      for (const version of [...wanted.keys()].toSorted(compareVersions)) {
        const { tag, sha } = wanted.get(version) ?? { tag: '', sha: '' }
        const row = present.get(version)
        const id = row?.id ?? ids('modver')
        if (row === undefined) {
          modules.addVersion({ id, module_id: moduleId, version, tag, commit_sha: sha }, at())
        } else if (force || row.status === 'errored') {
          modules.renewVersion(id, sha)
        } else continue
        addModuleVersion(this.#context, module, {
          moduleVersionId: id,
          repository: repo.identifier,
          sha,
          path: repo.path ?? '',
        })
      }
      refreshModule(this.#context, moduleId)
    }
  }

  failed(task: VcsTaskRow, reason: string): void {
    this.#context.modules.setStatus(readPayload(task).moduleId, 'errored', reason)
  }
}

function readPayload(task: VcsTaskRow): z.infer<typeof payloadSchema> {
  return payloadSchema.parse(JSON.parse(task.payload_json))
}

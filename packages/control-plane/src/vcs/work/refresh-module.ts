import { compareVersions } from '../module-tags.ts'
import type { VcsContext } from '../vcs-context.ts'

/** Status and latest versions follow from the versions. Inside a transaction. */
export function refreshModule({ modules }: VcsContext, moduleId: string): void {
  const versions = modules
    .versionsOf(moduleId)
    .toSorted((one, other) => compareVersions(one.version, other.version))
  const usable = versions.filter(({ status }) => status === 'ok')
  modules.setLatest(moduleId, {
    any: versions.at(-1)?.id ?? null,
    ok: usable.at(-1)?.id ?? null,
  })
  const isWorking = versions.some(({ status }) => status === 'pending')
  if (versions.length === 0) modules.setStatus(moduleId, 'no_version_tags', null)
  else if (usable.length > 0) modules.setStatus(moduleId, 'setup_complete', null)
  else if (isWorking) modules.setStatus(moduleId, 'pending', null)
  else {
    modules.setStatus(moduleId, 'errored', 'No version could be fetched; each one says why.')
  }
}

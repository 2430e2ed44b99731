import { CacheError } from '../../errors/index.ts'
import type { ToolName } from '../job-caches.ts'
import { isVersion } from '../version.ts'

/** @throws {@link CacheError} `NOT_FOUND` */
export function checkToolVersion(tool: ToolName, version: string): string {
  if (isVersion(version)) return version
  const shown = JSON.stringify(version.slice(0, 64))
  throw new CacheError(
    `Cannot get ${tool} in version ${shown}: that is no version. Give it whole, e.g. 1.11.4.`,
    { item: tool, code: 'NOT_FOUND' },
  )
}

import { readdir } from 'node:fs/promises'

import { hookStageSchema } from '../protocol/index.ts'

/**
 * Files of the hooks directory that no stage is named after, most likely misspelt. Hidden ones are not
 * meant. A directory that cannot be read is told by the jobs that need it.
 */
export async function findUnknownHooks(hooksDir: string): Promise<readonly string[]> {
  const stages: readonly string[] = hookStageSchema.options
  const names = await readdir(hooksDir).catch((): string[] => [])
  return names.filter((name) => !name.startsWith('.') && !stages.includes(name)).toSorted()
}

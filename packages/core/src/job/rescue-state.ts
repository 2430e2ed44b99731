import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'

import { syncDirectory } from '../runtime/index.ts'
import type { CollectedFile } from './collect-results.ts'

/**
 * Keeps a rescued state on the agent's machine when the control plane refuses it, so that state is never
 * silently lost (I9).
 *
 * @returns where it lies now.
 */
export async function rescueState(
  file: CollectedFile,
  options: { readonly dataDir: string; readonly runId: string; readonly jobId: string },
): Promise<string> {
  const directory = join(options.dataDir, 'rescued', options.runId)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const path = join(directory, `${options.jobId}-${file.name}`)
  await copyFile(file.localPath, path)
  await syncDirectory(directory)
  return path
}

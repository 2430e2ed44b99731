import { chmod, lstat, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { unless } from './process-error.ts'

/** Removes a tree, also one with directories that were made read-only. "Already gone" is success. */
export async function removeTree(path: string): Promise<void> {
  const removed = await unless(['EACCES', 'EPERM', 'ENOTEMPTY'], async () => {
    await rm(path, { recursive: true, force: true })
    return true
  })
  if (removed === true) return
  await makeWritable(path)
  await rm(path, { recursive: true, force: true, maxRetries: 3 })
}

async function makeWritable(path: string): Promise<void> {
  const stats = await unless(['ENOENT'], () => lstat(path))
  if (stats?.isDirectory() !== true) return
  await unless(['ENOENT'], () => chmod(path, 0o700))
  for (const name of (await unless(['ENOENT'], () => readdir(path))) ?? []) {
    await makeWritable(join(path, name))
  }
}

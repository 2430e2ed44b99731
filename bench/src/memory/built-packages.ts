import { execFile } from 'node:child_process'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const packages = ['core', 'executor-process', 'control-plane'] as const

/**
 * Makes sure that the published form of the packages is what the sources say: running from source costs
 * memory that no user pays.
 *
 * @returns whether it had to build.
 */
export async function ensureBuilt(): Promise<boolean> {
  const fresh = await Promise.all(packages.map((name) => isFresh(join(root, 'packages', name))))
  if (fresh.every(Boolean)) return false
  await promisify(execFile)(process.execPath, ['scripts/build.ts'], { cwd: root, maxBuffer: 1e8 })
  return true
}

async function isFresh(directory: string): Promise<boolean> {
  const built = await stat(join(directory, 'dist/index.js')).catch(() => undefined)
  if (built === undefined) return false
  const sources = await readdir(join(directory, 'src'), { recursive: true, withFileTypes: true })
  for (const entry of sources.filter((it) => it.isFile())) {
    const { mtimeMs } = await stat(join(entry.parentPath, entry.name))
    if (mtimeMs > built.mtimeMs) return false
  }
  return true
}

import { randomBytes } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { writeFileAtomic } from '../runtime/index.ts'

/**
 * The id of an agent among those that share a cache directory. It lives in the data directory, which no
 * two agents share, and so is the same after a restart.
 */
export async function readCacheOwner(dataDir: string): Promise<string> {
  const path = join(dataDir, 'cache-owner')
  const known = await readFile(path, 'utf8').catch(() => '')
  if (/^[0-9a-f]{32}\n$/u.test(known)) return known.trim()
  const owner = randomBytes(16).toString('hex')
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  await writeFileAtomic(path, `${owner}\n`)
  return owner
}

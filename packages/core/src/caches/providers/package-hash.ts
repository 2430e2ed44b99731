import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

import type { HashedFile } from '../archive/unpack-all.ts'
import { hashFile } from '../hash-file.ts'

/**
 * The hash that lock files call `h1:`: `Hash1` of Go's `golang.org/x/mod/sumdb/dirhash` over names and
 * contents of all files.
 */
export function h1Of(files: readonly HashedFile[]): string {
  const hash = createHash('sha256')
  // Go sorts by bytes, JavaScript by UTF-16 units.
  const sorted = files.toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)))
  for (const { path, sha256 } of sorted) {
    if (path.includes('\n')) throw new Error('a file name holds a line break')
    hash.update(`${sha256}  ${path}\n`)
  }
  return `h1:${hash.digest('base64')}`
}

/** The same of a directory as it is on disk now. */
export async function h1OfDirectory(directory: string): Promise<string> {
  const files: HashedFile[] = []
  for (const path of await filesBelow(directory)) {
    files.push({ path, sha256: await hashFile(join(directory, path)) })
  }
  return h1Of(files)
}

/** Paths of everything below a directory that is no directory, with forward slashes. */
export async function filesBelow(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
}

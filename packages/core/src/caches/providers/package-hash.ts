import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** A file of an unpacked package: its path with forward slashes, and the SHA-256 of what it holds. */
export interface HashedFile {
  readonly path: string
  readonly sha256: string
}

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
    files.push({ path, sha256: await sha256OfFile(join(directory, path)) })
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

/** SHA-256 of a file, in hex. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 ** 2 })) {
    const bytes: Uint8Array = chunk
    hash.update(bytes)
  }
  return hash.digest('hex')
}

import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { createGzip } from 'node:zlib'

import { pack } from 'tar-stream'

/** A directory as tar.gz, the form of a configuration version. */
export async function packDirectory(directory: string): Promise<Buffer> {
  const archive = pack()
  const files = await readdir(directory, { recursive: true, withFileTypes: true })
  const names = files
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath, file.name).slice(directory.length + 1))
    .toSorted()
  for (const name of names) {
    const path = join(directory, name)
    const { mode } = await stat(path)
    archive.entry({ name, mode: mode & 0o777, mtime: new Date(0) }, await readFile(path))
  }
  archive.finalize()
  return buffer(archive.pipe(createGzip()))
}

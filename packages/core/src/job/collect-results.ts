import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { extract } from 'tar-stream'

import type { UploadSource } from '../control-plane/index.ts'
import type { Workload } from '../executor/index.ts'
import type { ResultFile } from '../run/index.ts'
import { packResults, type ResultPart } from './pack-results.ts'

/** A result file as it lies on disk. */
export interface CollectedFile extends UploadSource {
  readonly name: string
  readonly localPath: string
}

/**
 * Brings the result files out of a workload into `directory`, hashing them on the way. Files that the
 * workload did not write are left out.
 */
export async function collectResults(
  workload: Workload,
  files: readonly ResultFile[],
  directory: string,
): Promise<readonly CollectedFile[]> {
  await rm(directory, { recursive: true, force: true })
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const names = new Map(files.map((file) => [file.path, file.name]))
  const directories = files.filter((file) => file.pack !== undefined)
  const parts = new Map<string, ResultPart[]>()
  const collected: CollectedFile[] = []
  const archive = extract()
  const source = await workload.readFiles(files.map((file) => file.path))
  const fed = pipeline(source, archive)
  // The loop below reports a fault of the source too; this only keeps it from being unhandled.
  fed.catch(() => {})
  let count = 0
  for await (const entry of archive) {
    const path = entry.header.name.replace(/^\.\//u, '')
    const within = directories.find((file) => path.startsWith(`${file.path}/`))
    const name = within === undefined ? names.get(path) : undefined
    if ((within ?? name) === undefined || (entry.header.type ?? 'file') !== 'file') {
      entry.resume()
      continue
    }
    if (within !== undefined) {
      const localPath = join(directory, `part-${count++}`)
      await pipeline(entry, createWriteStream(localPath, { mode: 0o600 }))
      const own = parts.get(within.name) ?? []
      const bytes = entry.header.size ?? 0
      own.push({ path: path.slice(within.path.length + 1), localPath, bytes })
      parts.set(within.name, own)
    } else if (name !== undefined) {
      collected.push(await keep(name, entry, directory))
    }
  }
  await fed
  for (const { name, pack } of directories) {
    const own = parts.get(name) ?? []
    if (pack === undefined || own.length === 0) continue
    collected.push(await keep(name, packResults(pack, own), directory))
    await Promise.all(own.map(({ localPath }) => rm(localPath)))
  }
  return collected
}

async function keep(
  name: string,
  content: AsyncIterable<unknown>,
  directory: string,
): Promise<CollectedFile> {
  const localPath = join(directory, name)
  const hash = createHash('sha256')
  let bytes = 0
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      bytes += chunk.length
      done(null, chunk)
    },
  })
  await pipeline(content, meter, createWriteStream(localPath, { mode: 0o600 }))
  return {
    name,
    localPath,
    bytes,
    digest: `sha-256=:${hash.digest('base64')}:`,
    open: () => createReadStream(localPath),
  }
}

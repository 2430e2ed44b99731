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
  const collected: CollectedFile[] = []
  const archive = extract()
  const source = await workload.readFiles(files.map((file) => file.path))
  const fed = pipeline(source, archive)
  // The loop below reports a fault of the source too; this only keeps it from being unhandled.
  fed.catch(() => {})
  for await (const entry of archive) {
    const name = names.get(entry.header.name.replace(/^\.\//u, ''))
    if (name === undefined || (entry.header.type ?? 'file') !== 'file') {
      entry.resume()
      continue
    }
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
    await pipeline(entry, meter, createWriteStream(localPath, { mode: 0o600 }))
    collected.push({
      name,
      localPath,
      bytes,
      digest: `sha-256=:${hash.digest('base64')}:`,
      open: () => createReadStream(localPath),
    })
  }
  await fed
  return collected
}

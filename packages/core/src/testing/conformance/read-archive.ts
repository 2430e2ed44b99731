import type { Readable } from 'node:stream'

import { extract } from 'tar-stream'

/** An entry of an archive that came out of a workload. */
export interface ReadEntry {
  readonly type: string
  readonly mode: number
  readonly content: Buffer
}

/** All entries of a tar stream by path, without `./` before and `/` after. */
export async function readArchive(source: Readable): Promise<ReadonlyMap<string, ReadEntry>> {
  const archive = extract()
  const entries = new Map<string, ReadEntry>()
  source.once('error', (error) => archive.destroy(error))
  source.pipe(archive)
  for await (const entry of archive) {
    const chunks: Uint8Array[] = []
    for await (const chunk of entry) if (chunk instanceof Uint8Array) chunks.push(chunk)
    const { name, type, mode } = entry.header
    entries.set(name.replace(/^\.\//u, '').replace(/\/$/u, ''), {
      type: type ?? 'file',
      mode: mode ?? 0,
      content: Buffer.concat(chunks),
    })
  }
  return entries
}

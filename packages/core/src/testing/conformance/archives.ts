import { Readable } from 'node:stream'

import { pack, type Header } from 'tar-stream'

/** One entry of an archive that a behaviour lays into a job directory. */
export type ArchiveEntry = Partial<Header> & {
  readonly name: string
  readonly content?: string | Uint8Array
}

export function archive(entries: readonly ArchiveEntry[]): Readable {
  const tar = pack()
  for (const { content, ...headers } of entries) {
    if (content === undefined) tar.entry(headers)
    else tar.entry(headers, typeof content === 'string' ? content : Buffer.from(content))
  }
  tar.finalize()
  return Readable.from(tar, { objectMode: false })
}

/** Files that never come to their end: a launch that reads them is half-way until it gives up. */
export function stallingFiles(): {
  readonly files: () => Readable
  readonly reading: Promise<void>
  readonly closed: Promise<void>
} {
  const reading = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<void>()
  const files = (): Readable => {
    const tar = pack()
    const entry = tar.entry({ name: 'half', size: 1000 })
    entry.on('error', () => {})
    entry.write('begins')
    tar.on('data', () => reading.resolve())
    tar.once('close', () => closed.resolve())
    const source = Readable.from(tar, { objectMode: false })
    source.once('close', () => closed.resolve())
    return source
  }
  return { files, reading: reading.promise, closed: closed.promise }
}

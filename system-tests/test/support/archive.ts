import { createGzip } from 'node:zlib'

import { pack, type Header } from 'tar-stream'

export type ArchiveEntry = Pick<Header, 'name'> &
  Partial<Pick<Header, 'type' | 'linkname'>> & { readonly content?: string }

/** A tar.gz of these entries, written as they are. */
export async function archive(entries: readonly ArchiveEntry[]): Promise<Buffer> {
  const tar = pack()
  for (const { content, ...header } of entries) tar.entry(header, content ?? '')
  tar.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of tar.pipe(createGzip())) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** Files by their path, as the tar.gz of a configuration version. */
export async function archiveOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  return await archive(Object.entries(files).map(([name, content]) => ({ name, content })))
}

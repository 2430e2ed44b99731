import { createGzip } from 'node:zlib'

import { pack } from 'tar-stream'

/** Files by their path, as the tar.gz of a configuration version. */
export async function archiveOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const archive = pack()
  for (const [name, content] of Object.entries(files)) archive.entry({ name }, content)
  archive.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of archive.pipe(createGzip())) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

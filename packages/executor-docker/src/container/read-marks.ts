import { ownPaths, type Marks } from '@scalr-agent/core/container'
import { extract } from 'tar-stream'

import type { EngineClient } from '../calls/engine-client.ts'

/** Most that a job could make us read there. */
const maxBytes = 64 * 1024
const maxEntries = 64

/** All marks of a container, or none where our files were never laid out. */
export async function readMarks(
  client: EngineClient,
  containerId: string,
  signal: AbortSignal,
): Promise<Marks> {
  const found = new Map<string, string>()
  const source = await client.archives.get(containerId, ownPaths.run, signal)
  if (source === undefined) return found
  const archive = extract()
  source.on('error', (error) => archive.destroy(error))
  source.pipe(archive)
  try {
    for await (const entry of archive) {
      const name = entry.header.name.replace(/\/$/u, '').split('/').slice(1).join('/')
      let content = ''
      for await (const chunk of entry) {
        if (content.length < maxBytes && chunk instanceof Uint8Array) {
          content += Buffer.from(chunk).toString('latin1')
        }
      }
      if (name !== '' && found.size < maxEntries) found.set(name, content)
    }
  } finally {
    source.destroy()
  }
  return found
}

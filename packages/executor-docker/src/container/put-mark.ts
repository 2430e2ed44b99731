import { Readable } from 'node:stream'

import { ownPaths, type marks } from '@scalr-agent/core/container'
import { pack } from 'tar-stream'

import type { EngineClient } from '../calls/engine-client.ts'

/** Lays a mark into a container, whether it runs or not. */
export async function putMark(
  client: EngineClient,
  containerId: string,
  name: (typeof marks)[keyof typeof marks],
  content: string,
  signal: AbortSignal,
): Promise<void> {
  const archive = pack()
  archive.entry({ name: `run/${name}`, mode: 0o644 }, content)
  archive.finalize()
  const stream = Readable.from(archive, { objectMode: false })
  await client.archives.put(containerId, ownPaths.root, stream, signal)
}

import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

import { pack as createPack } from 'tar-stream'

import { ProtocolError } from '../errors/index.ts'
import { mergePlans } from '../run/index.ts'

/** One file of a directory that a workload left. */
export interface ResultPart {
  /** Below the directory. */
  readonly path: string
  readonly localPath: string
  readonly bytes: number
}

/** The plans of all units are held in memory as text, twice. */
const maxPlanBytes = 128 * 1024 * 1024

/** What a directory of results becomes, as a stream. The same files give the same bytes. */
export function packResults(pack: 'archive' | 'plans', parts: readonly ResultPart[]): Readable {
  const sorted = parts.toSorted((one, other) => (one.path < other.path ? -1 : 1))
  return pack === 'archive' ? archiveOf(sorted) : Readable.from(planOf(sorted))
}

function archiveOf(parts: readonly ResultPart[]): Readable {
  const tar = createPack()
  const zipped = createGzip()
  const fill = async (): Promise<void> => {
    for (const { path, localPath, bytes } of parts) {
      const entry = tar.entry({ name: path, size: bytes, mode: 0o644, mtime: new Date(0) })
      await pipeline(createReadStream(localPath), entry)
    }
    tar.finalize()
  }
  const failed = (error: unknown): void => {
    zipped.destroy(error instanceof Error ? error : new Error(String(error)))
  }
  fill().catch(failed)
  pipeline(tar, zipped).catch(failed)
  return zipped
}

async function* planOf(parts: readonly ResultPart[]): AsyncGenerator<Buffer> {
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0)
  if (bytes > maxPlanBytes) {
    throw new ProtocolError(
      `Cannot put the plans of the units together: they come to ${bytes} bytes of JSON, and ${maxPlanBytes} can be handled. Make several workspaces of the units.`,
      { code: 'INVALID_ARCHIVE' },
    )
  }
  const plans = await Promise.all(
    parts.map(async ({ path, localPath }) => ({
      unit: path.replace(/(?:^|\/)plan\.json$/u, '') || '.',
      json: await readFile(localPath, 'utf8'),
    })),
  )
  yield Buffer.from(mergePlans(plans))
}

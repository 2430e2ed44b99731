import { extract } from 'tar-stream'

import type { EngineClient } from '../calls/engine-client.ts'
import { marks, ownPaths } from './layout.ts'

/** The small files of `run/`, by name. Directories have the content ''. */
export type Marks = ReadonlyMap<string, string>

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

/** What the workload's side wrote down last. */
export interface ExitRecord {
  readonly exitCode: number
  readonly outputBytes: number | undefined
  readonly oomKills: number
  readonly peakBytes: number | undefined
}

/** `undefined` when there is none, or half of one. */
export function parseExitRecord(found: Marks): ExitRecord | undefined {
  const line = found.get(marks.exit)?.split('\n')[0] ?? ''
  const match = /^exit 1 (\d{1,3}) (\d+|-) (\d+|-) (\d+|-) end$/u.exec(line)
  if (match === null) return undefined
  const [, exitCode, bytes, kills, peak] = match
  return {
    exitCode: Number(exitCode),
    outputBytes: bytes === '-' ? undefined : Number(bytes),
    oomKills: kills === '-' ? 0 : Number(kills),
    peakBytes: peak === '-' ? undefined : Number(peak),
  }
}

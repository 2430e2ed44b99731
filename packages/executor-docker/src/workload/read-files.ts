import { posix } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { ArchivePolicy } from '@scalr-agent/core/protocol'
import { extract, pack, type Pack } from 'tar-stream'

import { dockerError, toDockerError } from '../docker-error.ts'
import type { EngineClient } from '../calls/engine-client.ts'
import { jobDirectory } from '../container/layout.ts'

interface Walk {
  readonly client: EngineClient
  readonly containerId: string
  readonly signal: AbortSignal
  readonly archive: Pack
  readonly policy: ArchivePolicy
  readonly seen: Set<string>
}

/**
 * A tar stream of files and directories of a job directory. Links are packed as links and only when they
 * stay in the tree; nothing is reached through one.
 * @throws `INVALID_SPEC` for a path that is absolute or climbs.
 */
export function readFiles(
  client: EngineClient,
  containerId: string,
  paths: readonly string[],
  signal: AbortSignal,
): Readable {
  const names = paths.map(checkPath)
  const archive = pack()
  const walk: Walk = {
    client,
    containerId,
    signal,
    archive,
    policy: new ArchivePolicy(),
    seen: new Set(),
  }
  fill(walk, names).then(
    () => archive.finalize(),
    (error: unknown) => {
      const doing = `read the files of container ${containerId}`
      archive.destroy(toDockerError(error, { phase: 'read-files', doing }))
    },
  )
  return Readable.from(archive, { objectMode: false })
}

async function fill(walk: Walk, names: readonly string[]): Promise<void> {
  const waiting = [...names]
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    if (await isReachable(walk, name)) waiting.push(...(await add(walk, name)))
  }
}

/** Whether it is there, with true directories all the way: the engine would follow links. */
async function isReachable(walk: Walk, name: string): Promise<boolean> {
  const { client, containerId, signal } = walk
  const parts = name === '.' ? [] : name.split('/')
  for (let count = 1; count <= parts.length; count += 1) {
    const path = posix.join(jobDirectory, ...parts.slice(0, count))
    const stat = await client.archives.stat(containerId, path, signal)
    if (stat === undefined) return false
    if (count < parts.length && !stat.isDirectory) return false
  }
  return true
}

/** Adds what lies at that path, and tells which files have to be asked for one by one. */
async function add(walk: Walk, name: string): Promise<readonly string[]> {
  const { client, containerId, signal, archive, seen } = walk
  const source = await client.archives.get(containerId, posix.join(jobDirectory, name), signal)
  if (source === undefined) return []
  const apart: string[] = []
  const tar = extract()
  const feeding = pipeline(source, tar, { signal })
  feeding.catch(() => {})
  try {
    for await (const entry of tar) {
      const { header } = entry
      const path = pathIn(name, header.name)
      const type = header.type ?? 'file'
      if (path === undefined || seen.has(path)) {
        entry.resume()
        continue
      }
      // The second name of a file: its content stands at the first one.
      if (type === 'link' && path !== name) {
        apart.push(path)
      } else if (isAllowed(walk, path, type, header.linkname, header.size)) {
        seen.add(path)
        const mode = (header.mode ?? 0o644) & 0o777
        const mtime = header.mtime ?? new Date(0)
        if (type === 'symlink') {
          await write(archive, { name: path, type, linkname: header.linkname ?? '', mode, mtime })
        } else if (type === 'directory') {
          await write(archive, { name: path, type, mode, mtime })
        } else {
          const sink = archive.entry({
            name: path,
            type: 'file',
            size: header.size ?? 0,
            mode,
            mtime,
          })
          await pipeline(entry, sink)
        }
      }
      entry.resume()
    }
    await feeding
  } finally {
    source.destroy()
  }
  return apart
}

/** The engine names entries after the last part of the path that was asked for. */
function pathIn(asked: string, entry: string): string | undefined {
  const inner = entry.replace(/\/+$/u, '').split('/').slice(1)
  const path = posix.join(asked, ...inner)
  return path === '.' ? undefined : path
}

/** Devices, pipes and links that leave the tree stay out; too much of anything is an error. */
function isAllowed(
  walk: Walk,
  path: string,
  type: string,
  linkname: string | null | undefined,
  size: number | undefined,
): boolean {
  if (!['file', 'contiguous-file', 'directory', 'symlink'].includes(type)) return false
  try {
    walk.policy.check({ name: path, type, size, linkname })
    return true
  } catch (error) {
    if (type === 'symlink') return false
    throw error
  }
}

async function write(archive: Pack, header: Parameters<Pack['entry']>[0]): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    archive.entry(header, (error) => (error instanceof Error ? reject(error) : resolve()))
  })
}

function checkPath(path: string): string {
  const normal = posix.normalize(path).replace(/\/$/u, '')
  if (
    path === '' ||
    path.includes('\0') ||
    posix.isAbsolute(path) ||
    normal.split('/').includes('..')
  ) {
    throw dockerError(
      'INVALID_SPEC',
      'read-files',
      `Cannot read files: ${JSON.stringify(path.slice(0, 200))} is not a path in the job directory.`,
    )
  }
  return normal
}

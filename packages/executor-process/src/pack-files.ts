import { constants } from 'node:fs'
import { lstat, open, readdir, readlink, realpath, stat } from 'node:fs/promises'
import { join, posix, sep } from 'node:path'
import { Readable } from 'node:stream'

import { checkResultPath } from '@scalr-agent/core/container'
import { ArchivePolicy } from '@scalr-agent/core/protocol'
import { pack, type Header, type Pack } from 'tar-stream'

import { processError, toProcessError, unless } from './process-error.ts'

/**
 * A tar stream of files and directories below a job directory. Links are packed as links and only when
 * they stay in the tree; what is reached through a link that leads out is left out, and so are devices,
 * sockets and pipes.
 * @throws `INVALID_SPEC` for a path that is absolute or climbs.
 */
export function packFiles(root: string, paths: readonly string[]): Readable {
  const names = paths.map((path) => checkResultPath(path, processError))
  const archive = pack()
  const context = { phase: 'read-files', doing: `read the files of ${root}` }
  fill(archive, root, names).then(
    () => archive.finalize(),
    (error: unknown) => archive.destroy(toProcessError(error, context)),
  )
  return Readable.from(archive, { objectMode: false })
}

async function fill(archive: Pack, root: string, names: readonly string[]): Promise<void> {
  const realRoot = await unless(['ENOENT'], () => realpath(root))
  if (realRoot === undefined) return
  const walk: Walk = { archive, root: realRoot, seen: new Set(), policy: new ArchivePolicy() }
  for (const name of names) await add(walk, name)
}

interface Walk {
  readonly archive: Pack
  readonly root: string
  readonly seen: Set<string>
  readonly policy: ArchivePolicy
}

async function add(walk: Walk, name: string): Promise<void> {
  if (walk.seen.has(name)) return
  walk.seen.add(name)
  const path = join(walk.root, name)
  const stats = await unless(['ENOENT', 'ENOTDIR', 'ELOOP'], () => lstat(path))
  if (stats === undefined || !(await isInside(walk.root, posix.dirname(name)))) return
  if (stats.isSymbolicLink()) {
    await addLink(walk, name, path)
  } else if (stats.isDirectory()) {
    if (name !== '.') {
      await write(walk.archive, {
        name,
        type: 'directory',
        mode: stats.mode & 0o777,
        mtime: stats.mtime,
      })
    }
    const children = (await unless(['ENOENT', 'ENOTDIR'], () => readdir(path))) ?? []
    for (const child of children.toSorted()) await add(walk, posix.join(name, child))
  } else if (stats.isFile()) {
    await addFile(walk, name, path)
  }
}

async function addLink(walk: Walk, name: string, path: string): Promise<void> {
  const target = await unless(['ENOENT', 'EINVAL'], () => readlink(path))
  if (target === undefined) return
  try {
    walk.policy.check({ name, type: 'symlink', linkname: target })
  } catch {
    // It leads out of the tree: to a cache, or to where the workload would like us to read.
    return
  }
  await write(walk.archive, { name, type: 'symlink', linkname: target })
}

async function addFile(walk: Walk, name: string, path: string): Promise<void> {
  // A workload may exchange a file for a link or pipe at any moment: what was opened is what counts.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const handle = await unless(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'], () => open(path, flags))
  if (handle === undefined) return
  try {
    const opened = await handle.stat()
    const real = await unless(['ENOENT', 'ENOTDIR', 'ELOOP'], async () => {
      const now = await realpath(path)
      return now.startsWith(walk.root + sep) ? await stat(now) : undefined
    })
    if (!opened.isFile() || real?.ino !== opened.ino || real.dev !== opened.dev) return
    const entry = walk.archive.entry({
      name,
      size: opened.size,
      mode: opened.mode & 0o777,
      mtime: opened.mtime,
    })
    const gone = new Promise<never>((_resolve, reject) => {
      entry.once('error', reject)
      entry.once('close', () => reject(new Error('the archive was closed')))
    })
    gone.catch(() => {})
    let position = 0
    while (position < opened.size) {
      const buffer = Buffer.allocUnsafe(Math.min(256 * 1024, opened.size - position))
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, position)
      if (bytesRead === 0) throw new Error(`${name} shrank while it was read`)
      position += bytesRead
      if (!entry.write(buffer.subarray(0, bytesRead))) {
        await Promise.race([
          gone,
          new Promise<void>((resolve) => entry.once('drain', () => resolve())),
        ])
      }
    }
    entry.end(null)
  } finally {
    await handle.close()
  }
}

async function write(
  archive: Pack,
  header: Partial<Header> & { readonly name: string },
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    archive.entry(header, (error) => {
      if (error instanceof Error) reject(error)
      else resolve()
    })
  })
}

async function isInside(root: string, name: string): Promise<boolean> {
  const real = await unless(['ENOENT', 'ENOTDIR', 'ELOOP'], () => realpath(join(root, name)))
  return real === root || real?.startsWith(root + sep) === true
}

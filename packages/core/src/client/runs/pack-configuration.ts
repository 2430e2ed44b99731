import { createReadStream, createWriteStream, type Dirent } from 'node:fs'
import { lstat, mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'

import { pack, type Pack } from 'tar-stream'

import { ConfigurationError } from '../../errors/index.ts'
import { ArchivePolicy } from '../../protocol/index.ts'
import { ignoreRules } from './ignore-rules.ts'

/** A tar.gz in a file of its own, which goes away with it. */
export interface PackedConfiguration extends AsyncDisposable {
  readonly path: string
  readonly bytes: number
  /** Files and links in it. */
  readonly entries: number
}

/**
 * Packs a directory as a configuration version wants it, without what `.terraformignore` names. The same
 * files give the same bytes.
 *
 * @throws `ConfigurationError` when it cannot be read, holds nothing, or has a link that leads out of it
 */
export async function packConfiguration(
  directory: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<PackedConfiguration> {
  const found = await filesOf(directory, options.signal)
  if (found.length === 0) throw refuse(directory, 'it holds no file that would be uploaded')
  const work = await mkdtemp(join(tmpdir(), 'scalr-configuration-'))
  const remove = async (): Promise<void> => await rm(work, { recursive: true, force: true })
  try {
    const path = join(work, 'configuration.tar.gz')
    const archive = pack()
    await Promise.all([
      fill(archive, directory, found),
      pipeline(archive, createGzip(), createWriteStream(path, { mode: 0o600 }), {
        signal: options.signal,
      }),
    ])
    const { size } = await stat(path)
    return { path, bytes: size, entries: found.length, [Symbol.asyncDispose]: remove }
  } catch (error) {
    await remove()
    options.signal?.throwIfAborted()
    if (error instanceof ConfigurationError) throw error
    throw refuse(directory, error instanceof Error ? error.message : String(error), error)
  }
}

async function filesOf(
  directory: string,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const isIgnored = ignoreRules(await readIgnoreFile(directory))
  const found: string[] = []
  const waiting = ['']
  for (let below = waiting.shift(); below !== undefined; below = waiting.shift()) {
    signal?.throwIfAborted()
    for (const entry of await list(directory, below)) {
      const path = posix.join(below, entry.name)
      // A directory that is left out may hold what is taken in again: .terraform/modules/.
      if (entry.isDirectory()) waiting.push(path)
      else if (!isIgnored(path, false) && (entry.isFile() || entry.isSymbolicLink())) {
        found.push(path)
      }
    }
  }
  return found.toSorted()
}

async function list(directory: string, below: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(join(directory, below), { withFileTypes: true })
  } catch (error) {
    throw refuse(directory, error instanceof Error ? error.message : String(error), error)
  }
}

async function readIgnoreFile(directory: string): Promise<string> {
  try {
    return await readFile(join(directory, '.terraformignore'), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw refuse(directory, error instanceof Error ? error.message : String(error), error)
  }
}

async function fill(archive: Pack, directory: string, names: readonly string[]): Promise<void> {
  // The same rules as whoever unpacks it has, so that it is refused here.
  const policy = new ArchivePolicy()
  const mtime = new Date(0)
  try {
    for (const name of names) {
      const path = join(directory, name)
      const found = await lstat(path)
      if (found.isSymbolicLink()) {
        const linkname = await readlink(path)
        policy.check({ name, type: 'symlink', linkname })
        archive.entry({ name, type: 'symlink', linkname, mode: 0o777, mtime })
        continue
      }
      policy.check({ name, type: 'file', size: found.size })
      const mode = found.mode & 0o777
      const sink = archive.entry({ name, size: found.size, mode, mtime })
      // A file that grows meanwhile is taken as long as it was; one that shrinks is an error.
      await pipeline(found.size === 0 ? [] : createReadStream(path, { end: found.size - 1 }), sink)
    }
    archive.finalize()
  } catch (error) {
    archive.destroy(error instanceof Error ? error : new Error(String(error)))
    throw error
  }
}

function refuse(directory: string, why: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError(
    `Cannot pack the configuration in ${directory}: ${why.replace(/\.$/u, '')}.`,
    { cause },
  )
}

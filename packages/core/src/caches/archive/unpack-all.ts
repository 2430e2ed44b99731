import { dirname, join } from 'node:path'

import { saveStream } from '../download/save-stream.ts'
import { makeDirectory } from '../make-directory.ts'
import { errorCode } from '../or-missing.ts'
import { unpackError, type UnpackSubject } from './unpack-error.ts'
import { ArchiveError, zipEntries, type ZipEntry } from './zip-entries.ts'

/** What an archive may hold. The largest real providers unpack to under 1 GiB. */
export interface UnpackLimits {
  readonly maxFiles: number
  readonly maxBytes: number
}

/** A file that was unpacked: its path with forward slashes, and the SHA-256 of what it holds. */
export interface HashedFile {
  readonly path: string
  readonly sha256: string
}

export interface UnpackAllOptions extends UnpackSubject {
  readonly archive: string
  /** Empty. */
  readonly directory: string
  readonly limits?: UnpackLimits | undefined
  readonly signal?: AbortSignal | undefined
}

const defaultLimits: UnpackLimits = { maxFiles: 10_000, maxBytes: 4 * 1024 ** 3 }

/**
 * Unpacks a zip and returns the hash of each file. Refuses whatever is no plain file or directory below
 * it, and more than the limits allow, also where the archive lies about its sizes. The files are
 * read-only, and on the disk (fsync) when it returns.
 *
 * @throws `CacheError` `CORRUPT` or `CACHE_UNUSABLE`
 */
export async function unpackAll(options: UnpackAllOptions): Promise<readonly HashedFile[]> {
  try {
    return await unpack(options, options.limits ?? defaultLimits)
  } catch (error) {
    options.signal?.throwIfAborted()
    throw unpackError(error, options, options.directory)
  }
}

async function unpack(
  options: UnpackAllOptions,
  limits: UnpackLimits,
): Promise<readonly HashedFile[]> {
  const files: HashedFile[] = []
  let leftBytes = limits.maxBytes
  for await (const entry of zipEntries(options.archive)) {
    options.signal?.throwIfAborted()
    const path = checkedPath(entry)
    if (path === undefined) continue
    if (files.length >= limits.maxFiles) {
      throw new ArchiveError(`it holds more than ${limits.maxFiles} files`)
    }
    if (entry.bytes > leftBytes) {
      throw new ArchiveError(`it unpacks to more than ${limits.maxBytes} bytes`)
    }
    const { bytes, sha256 } = await save(entry, path, leftBytes, options)
    leftBytes -= bytes
    files.push({ path, sha256 })
  }
  if (files.length === 0) throw new ArchiveError('it is empty')
  return files
}

/** The path of a file, `undefined` for a directory. yauzl has refused absolute paths, `..` and `\`. */
function checkedPath({ name, mode, isEncrypted }: ZipEntry): string | undefined {
  const type = mode & 0o170000
  const isDirectory = name.endsWith('/')
  // Archives made on Windows have no type.
  if (type !== 0 && type !== (isDirectory ? 0o040000 : 0o100000)) {
    throw new ArchiveError('it holds something that is neither file nor directory')
  }
  if (isDirectory) return undefined
  const parts = name.split('/')
  if (parts.some((part) => part === '' || part === '.' || part === '..' || part.length > 255)) {
    throw new ArchiveError('it holds a file name that leads out of it')
  }
  if (/[\p{Cc}]/u.test(name)) {
    throw new ArchiveError('it holds a file name with control characters')
  }
  if (isEncrypted) throw new ArchiveError('it is encrypted')
  return name
}

async function save(
  entry: ZipEntry,
  path: string,
  maxBytes: number,
  options: UnpackAllOptions,
): ReturnType<typeof saveStream> {
  const { directory, item, source, signal } = options
  const target = join(directory, path)
  try {
    await makeDirectory(dirname(target))
    const mode = modeOf(entry)
    return await saveStream(() => entry.open(), {
      path: target,
      maxBytes,
      mode,
      item,
      source,
      signal,
    })
  } catch (error) {
    // Never over another file.
    const cause = error instanceof Error ? error.cause : undefined
    const code = errorCode(cause) ?? errorCode(error) ?? ''
    if (!['EEXIST', 'ENOTDIR', 'EISDIR'].includes(code)) throw error
    throw new ArchiveError('it holds a file name twice', { cause: error })
  }
}

function modeOf({ name, mode }: ZipEntry): number {
  const isProgram = (mode & 0o111) !== 0 || (mode === 0 && name.startsWith('terraform-'))
  return isProgram ? 0o555 : 0o444
}

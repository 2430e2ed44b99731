import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'

import type { Entry, ZipFile } from 'yauzl'

import { makeDirectory } from './make-directory.ts'
import type { HashedFile } from './package-hash.ts'

/** What the archive of a provider may hold. The largest real ones unpack to under 1 GiB. */
export interface UnpackLimits {
  readonly maxFiles: number
  readonly maxBytes: number
}

const defaultLimits: UnpackLimits = { maxFiles: 10_000, maxBytes: 4 * 1024 ** 3 }

/** An archive that is refused. Says why, in a few words. */
export class PackageRefusedError extends Error {
  override readonly name = 'PackageRefusedError'
}

/**
 * Unpacks the archive of a provider into an empty directory and returns the hash of each file. Refuses
 * whatever is no plain file or directory below it, and more than the limits allow, also where the
 * archive lies about its sizes. The files are on the disk (fsync) when it returns.
 *
 * @throws {@link PackageRefusedError}
 */
export async function unpackPackage(
  archive: string,
  directory: string,
  options: { readonly signal?: AbortSignal | undefined; readonly limits?: UnpackLimits } = {},
): Promise<readonly HashedFile[]> {
  const limits = options.limits ?? defaultLimits
  // Loaded when the first package comes: many agents never see one.
  const { openPromise } = await import('yauzl')
  const zip = await openPromise(archive, { strictFileNames: true, autoClose: false }).catch(refuse)
  try {
    const files: HashedFile[] = []
    let bytes = 0
    for await (const entry of entriesOf(zip)) {
      options.signal?.throwIfAborted()
      const path = checkedPath(entry)
      if (path === undefined) continue
      if (files.length >= limits.maxFiles) {
        throw new PackageRefusedError(`it holds more than ${limits.maxFiles} files`)
      }
      const left = limits.maxBytes - bytes
      if (entry.uncompressedSize > left) {
        throw new PackageRefusedError(`it unpacks to more than ${limits.maxBytes} bytes`)
      }
      const target = join(directory, path)
      await makeDirectory(dirname(target))
      const content = await zip.openReadStreamPromise(entry).catch(refuse)
      // Its reader gets the error all the same; until there is one, nobody listens.
      content.on('error', () => {})
      const sha256 = await writeFile(content, target, modeOf(entry), left, options.signal)
      bytes += entry.uncompressedSize
      files.push({ path, sha256 })
    }
    if (files.length === 0) throw new PackageRefusedError('it is empty')
    return files
  } finally {
    zip.close()
  }
}

async function* entriesOf(zip: ZipFile): AsyncGenerator<Entry> {
  try {
    for await (const entry of zip.eachEntry()) yield entry
  } catch (error) {
    throw error instanceof PackageRefusedError ? error : refusal(error)
  }
}

/** The path of a file, `undefined` for a directory. yauzl has refused absolute paths, `..` and `\`. */
function checkedPath(entry: Entry): string | undefined {
  const type = (entry.externalFileAttributes >>> 16) & 0o170000
  const isDirectory = entry.fileName.endsWith('/')
  // Archives made on Windows have no type.
  if (type !== 0 && type !== (isDirectory ? 0o040000 : 0o100000)) {
    throw new PackageRefusedError('it holds something that is neither file nor directory')
  }
  if (isDirectory) return undefined
  const parts = entry.fileName.split('/')
  if (parts.some((part) => part === '' || part === '.' || part === '..' || part.length > 255)) {
    throw new PackageRefusedError('it holds a file name that leads out of it')
  }
  if (/[\p{Cc}]/u.test(entry.fileName)) {
    throw new PackageRefusedError('it holds a file name with control characters')
  }
  if (entry.isEncrypted()) throw new PackageRefusedError('it is encrypted')
  return entry.fileName
}

function modeOf(entry: Entry): number {
  const mode = entry.externalFileAttributes >>> 16
  const isProgram = (mode & 0o111) !== 0 || (mode === 0 && entry.fileName.startsWith('terraform-'))
  return isProgram ? 0o755 : 0o644
}

async function writeFile(
  content: Readable,
  target: string,
  mode: number,
  maxBytes: number,
  signal: AbortSignal | undefined,
): Promise<string> {
  const hash = createHash('sha256')
  // Never over another file: two entries of one name are refused.
  const file = await open(target, 'wx', mode).catch((error: unknown) => {
    if (codeOf(error) !== 'EEXIST' && codeOf(error) !== 'ENOTDIR') throw error
    throw new PackageRefusedError('it holds a file name twice')
  })
  try {
    let bytes = 0
    for await (const chunk of readRefusing(content)) {
      signal?.throwIfAborted()
      bytes += chunk.byteLength
      if (bytes > maxBytes) throw new PackageRefusedError('it unpacks to more than it says')
      hash.update(chunk)
      await file.writeFile(chunk)
    }
    // The umask of the agent must not decide whether a job may run the provider.
    await file.chmod(mode)
    await file.sync()
  } finally {
    content.destroy()
    await file.close()
  }
  return hash.digest('hex')
}

/** Errors of the archive are told apart from those of the disk here. */
async function* readRefusing(content: Readable): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of content) {
      const bytes: Uint8Array = chunk
      yield bytes
    }
  } catch (error) {
    throw refusal(error)
  }
}

function refuse(error: unknown): never {
  throw refusal(error)
}

function refusal(error: unknown): unknown {
  const code = codeOf(error)
  // What the operating system says is no fault of the archive.
  if (code !== undefined && /^E[A-Z]+$/u.test(code)) return error
  return new PackageRefusedError('it is no archive that can be read', { cause: error })
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined
}

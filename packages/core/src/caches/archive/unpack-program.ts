import { createReadStream } from 'node:fs'
import { createGunzip } from 'node:zlib'

import { saveStream, tooLarge, type SavedFile } from '../download/save-stream.ts'
import { unpackError, type UnpackSubject } from './unpack-error.ts'
import { ArchiveError, zipEntries } from './zip-entries.ts'

/** How a program lies in the file of its release. */
export type ArchiveFormat = 'zip' | 'tar.gz' | 'plain'

export interface UnpackProgramOptions extends UnpackSubject {
  readonly archive: string
  readonly format: ArchiveFormat
  /** Of the program in the archive; other files are passed over. */
  readonly name: string
  readonly target: string
  readonly maxBytes: number
  readonly signal?: AbortSignal | undefined
}

type Content = () => AsyncIterable<unknown> | Promise<AsyncIterable<unknown>>

/**
 * Takes the program out of the file of its release, executable, read-only and synced. Nothing of the
 * archive but that one file is written, to a path of ours.
 *
 * @throws `CacheError` `CORRUPT` or `CACHE_UNUSABLE`
 */
export async function unpackProgram(options: UnpackProgramOptions): Promise<SavedFile> {
  try {
    switch (options.format) {
      case 'zip':
        return await unpackZip(options)
      case 'tar.gz':
        return await unpackTar(options)
      case 'plain':
        return await save(() => createReadStream(options.archive), options)
    }
  } catch (error) {
    options.signal?.throwIfAborted()
    throw unpackError(error, options, options.target)
  }
}

async function unpackZip(options: UnpackProgramOptions): Promise<SavedFile> {
  for await (const entry of zipEntries(options.archive)) {
    if (entry.name !== options.name) continue
    if (entry.bytes > options.maxBytes) throw tooLarge(options)
    return await save(() => entry.open(), options)
  }
  throw missing(options)
}

async function unpackTar(options: UnpackProgramOptions): Promise<SavedFile> {
  const { extract } = await import('tar-stream')
  const file = createReadStream(options.archive)
  const gunzip = createGunzip()
  const entries = extract()
  file.on('error', (error) => gunzip.destroy(error))
  gunzip.on('error', (error) => entries.destroy(error))
  file.pipe(gunzip).pipe(entries)
  try {
    for await (const entry of entries) {
      if (entry.header.type === 'file' && entry.header.name === options.name) {
        entry.on('error', () => {})
        return await save(() => entry, options)
      }
      entry.resume()
    }
    throw missing(options)
  } finally {
    file.destroy()
    gunzip.destroy()
    entries.destroy()
  }
}

function save(content: Content, options: UnpackProgramOptions): Promise<SavedFile> {
  const { target: path, maxBytes, item, source, signal } = options
  return saveStream(content, { path, maxBytes, mode: 0o555, item, source, signal })
}

function missing({ name }: UnpackProgramOptions): ArchiveError {
  return new ArchiveError(`it holds no file \`${name}\`, so it is no release of it`)
}

import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'

import type { Entry, ZipFile } from 'yauzl'

import { CacheError, ScalrAgentError } from '../../errors/index.ts'
import { saveStream, tooLarge, type SavedFile } from './save-stream.ts'
import type { ReleaseFormat } from './tool-release.ts'

export interface UnpackOptions {
  readonly archive: string
  readonly format: ReleaseFormat
  /** Of the program in the archive; other files are passed over. */
  readonly name: string
  readonly target: string
  readonly maxBytes: number
  /** For messages: what it is, and the URL that it came from. */
  readonly item: string
  readonly source: string
  readonly signal?: AbortSignal | undefined
}

/**
 * Takes the program out of the file of its release, executable and synced. Nothing of the archive but
 * that one file is written, to a path of ours.
 *
 * @throws {@link CacheError} `CORRUPT` or `CACHE_UNUSABLE`
 */
export async function unpack(options: UnpackOptions): Promise<SavedFile> {
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
    if (ScalrAgentError.isInstance(error)) throw error
    throw new CacheError(
      `Cannot unpack ${options.source} for ${options.item}: ${error instanceof Error ? error.message : String(error)}.`,
      { item: options.item, code: 'CORRUPT', cause: error },
    )
  }
}

async function unpackZip(options: UnpackOptions): Promise<SavedFile> {
  const { open } = await import('yauzl')
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    open(options.archive, { lazyEntries: true, autoClose: false }, (error, file) =>
      error ? reject(error) : resolve(file),
    )
  })
  try {
    const entry = await findEntry(zip, options.name)
    if (entry === undefined) throw missing(options)
    if (entry.uncompressedSize > options.maxBytes) throw tooLarge(options)
    const openEntry = (): Promise<Readable> =>
      new Promise((resolve, reject) => {
        zip.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)))
      })
    return await save(openEntry, options)
  } finally {
    zip.close()
  }
}

function findEntry(zip: ZipFile, name: string): Promise<Entry | undefined> {
  return new Promise((resolve, reject) => {
    zip.on('entry', (entry: Entry) => {
      if (entry.fileName === name) resolve(entry)
      else zip.readEntry()
    })
    zip.once('end', () => resolve(undefined))
    zip.once('error', reject)
    zip.readEntry()
  })
}

async function unpackTar(options: UnpackOptions): Promise<SavedFile> {
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

function save(
  content: () => AsyncIterable<unknown> | Promise<AsyncIterable<unknown>>,
  options: UnpackOptions,
): Promise<SavedFile> {
  return saveStream(async () => untilAborted(await content(), options.signal), {
    path: options.target,
    maxBytes: options.maxBytes,
    mode: 0o755,
    item: options.item,
    source: options.source,
  })
}

async function* untilAborted<T>(
  content: AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T> {
  for await (const chunk of content) {
    signal?.throwIfAborted()
    yield chunk
  }
}

function missing({ item, source, name }: UnpackOptions): CacheError {
  return new CacheError(
    `Cannot unpack ${source} for ${item}: it holds no file \`${name}\`, so it is no release of it.`,
    { item, code: 'CORRUPT' },
  )
}

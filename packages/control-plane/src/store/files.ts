import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'

import { ControlPlaneError, errorCode } from '../runtime/index.ts'

import { dataFiles, dataFolders, type DataFile } from './data-file.ts'

export interface WrittenFile {
  readonly bytes: number
  /** RFC 9530 form, `sha-256=:…:`. */
  readonly digest: string
}

export interface WriteStreamOptions {
  /** More is refused with `TOO_LARGE` while it arrives. */
  readonly maxBytes: number
  /** What the sender declared; another content is refused with `DIGEST_MISMATCH`. */
  readonly expected?: { readonly bytes?: number | undefined; readonly digest?: string | undefined }
}

export interface AppendResult {
  readonly appended: boolean
  /** Bytes that the file holds now. */
  readonly offset: number
}

const temporarySuffix = '.tmp'

/** The files beside the database. Whatever has its final name is complete and on the disk. */
export class FileStore {
  readonly #root: string
  /** One writer per file at a time: a retry may overtake the attempt before it. */
  readonly #queues = new Map<string, Promise<unknown>>()

  constructor(root: string) {
    this.#root = root
    for (const folder of dataFolders) {
      const path = join(root, folder)
      mkdirSync(path, { recursive: true, mode: 0o700 })
      removeLeftovers(path)
    }
  }

  /** Absolute path, for what must be a path. */
  path(file: DataFile): string {
    return join(this.#root, file)
  }

  /** Replaces the file: old or new content, never a mixture. */
  async write(file: DataFile, content: string | Uint8Array): Promise<WrittenFile> {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content
    return this.writeStream(file, [bytes], { maxBytes: bytes.byteLength })
  }

  /** Replaces the file with what the stream brings; nothing is changed when it fails. */
  async writeStream(
    file: DataFile,
    source: AsyncIterable<unknown> | Iterable<Uint8Array>,
    options: WriteStreamOptions,
  ): Promise<WrittenFile> {
    const path = this.path(file)
    const temporary = `${path}.${randomUUID()}${temporarySuffix}`
    return translate(`write ${file}`, async () => {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      const handle = await open(temporary, 'wx', 0o600)
      try {
        const written = await copy(handle, source, options, file)
        await handle.sync()
        await handle.close()
        await rename(temporary, path)
        await syncDirectory(dirname(path))
        return written
      } catch (error) {
        await handle.close().catch(() => {})
        await rm(temporary, { force: true })
        throw error
      }
    })
  }

  /**
   * Appends if `offset` is where the file ends; otherwise changes nothing and tells where it ends.
   * Not synced: the sender keeps its copy until {@link sync} was called and the end acknowledged.
   *
   * `guard` is called when this append's turn has come, and stops it by throwing: what was right when the
   * request came in may be over by then.
   */
  async append(
    file: DataFile,
    offset: number,
    bytes: Uint8Array,
    options: { readonly guard?: () => void } = {},
  ): Promise<AppendResult> {
    return this.#exclusive(file, () =>
      translate(`append to ${file}`, async () => {
        options.guard?.()
        const handle = await open(this.path(file), 'a', 0o600)
        try {
          const { size } = await handle.stat()
          if (size !== offset) return { appended: false, offset: size }
          try {
            await handle.appendFile(bytes)
          } catch (error) {
            await handle.truncate(offset)
            throw error
          }
          return { appended: true, offset: offset + bytes.byteLength }
        } finally {
          await handle.close()
        }
      }),
    )
  }

  /** Brings what was appended to the disk. */
  async sync(file: DataFile): Promise<void> {
    await this.#exclusive(file, () =>
      translate(`sync ${file}`, async () => {
        const handle = await open(this.path(file), 'a', 0o600)
        try {
          await handle.sync()
        } finally {
          await handle.close()
        }
        await syncDirectory(dirname(this.path(file)))
      }),
    )
  }

  /** Bytes, or `undefined` when there is no such file. */
  async size(file: DataFile): Promise<number | undefined> {
    try {
      return (await stat(this.path(file))).size
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined
      throw error
    }
  }

  /** Size and digest of what the file holds now, from `start` on; an absent file is empty. */
  async digest(file: DataFile, options: { readonly start?: number } = {}): Promise<WrittenFile> {
    const hash = createHash('sha256')
    let bytes = 0
    if ((await this.size(file)) !== undefined) {
      for await (const chunk of createReadStream(this.path(file), options)) {
        const part = asBytes(chunk)
        hash.update(part)
        bytes += part.byteLength
      }
    }
    return { bytes, digest: `sha-256=:${hash.digest('base64')}:` }
  }

  /** Streams `[start, end)`. */
  read(file: DataFile, range: { readonly start?: number; readonly end?: number } = {}): Readable {
    return createReadStream(this.path(file), {
      ...(range.start === undefined ? {} : { start: range.start }),
      ...(range.end === undefined ? {} : { end: range.end - 1 }),
    })
  }

  /** The whole content; refuses files above `maxBytes`. */
  async readAll(file: DataFile, options: { readonly maxBytes: number }): Promise<Buffer> {
    const handle = await open(this.path(file), 'r')
    try {
      const { size } = await handle.stat()
      if (size > options.maxBytes) throw tooLarge(file, options.maxBytes)
      return await handle.readFile()
    } finally {
      await handle.close()
    }
  }

  async remove(file: DataFile): Promise<void> {
    await rm(this.path(file), { force: true })
  }

  /** Every result file of a phase. */
  async removeJobFiles(phaseId: string): Promise<void> {
    await rm(dirname(this.path(dataFiles.jobFile(phaseId, 'any'))), {
      recursive: true,
      force: true,
    })
  }

  async #exclusive<T>(file: DataFile, action: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(file) ?? Promise.resolve()
    const mine = before.then(action, action)
    const settled = mine.catch(() => {})
    this.#queues.set(file, settled)
    try {
      return await mine
    } finally {
      if (this.#queues.get(file) === settled) this.#queues.delete(file)
    }
  }
}

async function copy(
  handle: FileHandle,
  source: AsyncIterable<unknown> | Iterable<Uint8Array>,
  options: WriteStreamOptions,
  file: DataFile,
): Promise<WrittenFile> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of source) {
    const part = asBytes(chunk)
    bytes += part.byteLength
    if (bytes > options.maxBytes) throw tooLarge(file, options.maxBytes)
    hash.update(part)
    await handle.writeFile(part)
  }
  const written = { bytes, digest: `sha-256=:${hash.digest('base64')}:` }
  const { expected } = options
  if (
    (expected?.bytes !== undefined && expected.bytes !== written.bytes) ||
    (expected?.digest !== undefined && expected.digest !== written.digest)
  ) {
    throw new ControlPlaneError(
      `Cannot store ${file}: ${written.bytes} bytes with ${written.digest} arrived, but ` +
        `${expected.bytes ?? 'any number of'} bytes with ${expected.digest ?? 'any digest'} were declared. Send it again.`,
      { code: 'DIGEST_MISMATCH' },
    )
  }
  return written
}

function asBytes(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  throw new TypeError('A stream of bytes was expected')
}

function tooLarge(file: DataFile, maxBytes: number): ControlPlaneError {
  return new ControlPlaneError(`${file} is larger than the ${maxBytes} bytes that are allowed.`, {
    code: 'TOO_LARGE',
  })
}

async function translate<T>(action: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (errorCode(error) === 'ENOSPC' || errorCode(error) === 'EDQUOT') {
      throw new ControlPlaneError(
        `Cannot ${action}: the disk is full. Free some space; nothing was changed.`,
        { code: 'DISK_FULL', cause: error },
      )
    }
    throw error
  }
}

/** What a process left that died while it wrote. */
function removeLeftovers(folder: string): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith(temporarySuffix)) rmSync(join(folder, name), { force: true })
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

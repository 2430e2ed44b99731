import { createHash } from 'node:crypto'
import { createReadStream, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { mkdir, open, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'

import { errorCode, syncDirectory } from '../runtime/index.ts'

import { dataFiles, dataFolders, type DataFile, type DataFolder } from './data-file.ts'
import { withDiskErrors } from './disk-error.ts'
import {
  asBytes,
  removeLeftovers,
  replaceFile,
  tooLarge,
  type WriteStreamOptions,
  type WrittenFile,
} from './replace-file.ts'

export interface AppendResult {
  readonly appended: boolean
  /** Bytes that the file holds now. */
  readonly offset: number
}

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
    return withDiskErrors(`write ${file}`, async () => {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      return replaceFile(path, source, { ...options, name: file })
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
      withDiskErrors(`append to ${file}`, async () => {
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
      withDiskErrors(`sync ${file}`, async () => {
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

  /** Removes the result files of a phase, but for those that `keeps` says. */
  async removeJobFiles(
    phaseId: string,
    options: { readonly keeps?: (name: string) => boolean } = {},
  ): Promise<void> {
    const folder = dirname(this.path(dataFiles.jobFile(phaseId, 'any')))
    const kept = options.keeps === undefined ? [] : namesIn(folder).filter(options.keeps)
    if (kept.length === 0) {
      await rm(folder, { recursive: true, force: true })
      return
    }
    for (const name of namesIn(folder)) {
      if (!kept.includes(name)) await rm(join(folder, name), { force: true })
    }
  }

  /** Names in one of the folders: files, or the phases of job files. */
  names(folder: DataFolder): readonly string[] {
    return namesIn(join(this.#root, folder))
  }

  /** Removes at once what is not needed. For a start: nobody may be writing there. @returns their paths */
  sweep(
    folder: DataFolder | `job-files/${string}`,
    isNeeded: (name: string) => boolean,
    options: { readonly olderThan?: Date } = {},
  ): readonly string[] {
    const { olderThan } = options
    const removed: string[] = []
    for (const name of namesIn(join(this.#root, folder))) {
      const path = join(this.#root, folder, name)
      if (isNeeded(name)) continue
      if (olderThan !== undefined && statSync(path).mtime >= olderThan) continue
      rmSync(path, { recursive: true, force: true })
      removed.push(`${folder}/${name}`)
    }
    return removed
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

function namesIn(path: string): string[] {
  try {
    return readdirSync(path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return []
    throw error
  }
}

import type { Readable } from 'node:stream'

import type { Entry } from 'yauzl'

import { errorCode } from '../or-missing.ts'

/** An archive that cannot be used. Says why, in a few words. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError'
}

/** A file or directory of an archive. Its name leads out of no directory. */
export interface ZipEntry {
  readonly name: string
  /** As the archive has it; 0 in archives that were made on Windows. */
  readonly mode: number
  readonly bytes: number
  readonly isEncrypted: boolean
  /** What it holds. Its failures are {@link ArchiveError}. */
  open(): Promise<AsyncIterable<Uint8Array>>
}

/**
 * The entries of a zip, one after the other. Failures of the disk are thrown as they are.
 *
 * @throws {@link ArchiveError}
 */
export async function* zipEntries(archive: string): AsyncGenerator<ZipEntry> {
  // Loaded when the first archive comes: many agents never see one.
  const { openPromise } = await import('yauzl')
  const zip = await openPromise(archive, { strictFileNames: true, autoClose: false }).catch(refuse)
  try {
    const entries = zip.eachEntry()[Symbol.asyncIterator]()
    for (;;) {
      const next = await entries.next().catch(refuse)
      if (next.done === true) return
      const entry: Entry = next.value
      yield {
        name: entry.fileName,
        mode: entry.externalFileAttributes >>> 16,
        bytes: entry.uncompressedSize,
        isEncrypted: entry.isEncrypted(),
        open: async () => contentOf(await zip.openReadStreamPromise(entry).catch(refuse)),
      }
    }
  } finally {
    zip.close()
  }
}

function contentOf(stream: Readable): AsyncIterable<Uint8Array> {
  // Its reader gets the error all the same; until there is one, nobody listens.
  stream.on('error', () => {})
  return {
    async *[Symbol.asyncIterator]() {
      try {
        for await (const chunk of stream) {
          const bytes: Uint8Array = chunk
          yield bytes
        }
      } catch (error) {
        throw refusal(error)
      } finally {
        stream.destroy()
      }
    },
  }
}

function refuse(error: unknown): never {
  throw refusal(error)
}

function refusal(error: unknown): unknown {
  // What the operating system says is no fault of the archive.
  if (/^E[A-Z]+$/u.test(errorCode(error) ?? '')) return error
  return new ArchiveError('it is no archive that can be read', { cause: error })
}

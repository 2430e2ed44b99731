import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'

import { CacheError } from '../../errors/index.ts'
import { diskError } from '../disk-error.ts'

export interface SaveStreamOptions {
  /** Must not exist. */
  readonly path: string
  readonly maxBytes: number
  readonly mode: number
  /** For messages: what it is, and where it comes from. */
  readonly item: string
  readonly source: string
  readonly signal?: AbortSignal | undefined
}

export interface SavedFile {
  readonly bytes: number
  /** In hexadecimal. */
  readonly sha256: string
}

/**
 * Writes a stream to a new file and syncs it. The stream is asked for when the file is open, so that it
 * cannot fail before somebody listens. Failures of the disk come as {@link CacheError}
 * `CACHE_UNUSABLE`, too many bytes as `CORRUPT`; failures of the stream as they are.
 */
export async function saveStream(
  content: () => AsyncIterable<unknown> | Promise<AsyncIterable<unknown>>,
  options: SaveStreamOptions,
): Promise<SavedFile> {
  const { path, maxBytes, item, signal } = options
  const onDisk = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw diskError(error, { item, path })
    })
  const file = await onDisk(open(path, 'wx', 0o600))
  try {
    const hash = createHash('sha256')
    let bytes = 0
    for await (const chunk of await content()) {
      signal?.throwIfAborted()
      if (!(chunk instanceof Uint8Array)) throw new TypeError('a stream of bytes is needed')
      bytes += chunk.byteLength
      if (bytes > maxBytes) throw tooLarge(options)
      hash.update(chunk)
      await onDisk(file.writeFile(chunk))
    }
    // Whatever the umask of the agent is, workloads of another user must be able to read it.
    await onDisk(file.chmod(options.mode))
    await onDisk(file.sync())
    return { bytes, sha256: hash.digest('hex') }
  } finally {
    await file.close()
  }
}

/** What is larger than any release is not what it says. */
export function tooLarge(options: {
  readonly item: string
  readonly source: string
  readonly maxBytes: number
}): CacheError {
  return new CacheError(
    `Cannot use ${options.source} for ${options.item}: it is larger than ${options.maxBytes} bytes, so it is no release of it.`,
    { item: options.item, code: 'CORRUPT' },
  )
}

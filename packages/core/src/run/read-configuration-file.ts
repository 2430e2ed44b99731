import type { ArchiveLimits } from '../protocol/index.ts'
import { readConfigurationArchive } from './configuration-archive.ts'

export interface ReadConfigurationFileOptions {
  /** Relative to the configuration's root, normal. */
  readonly path: string
  /** Larger ones are not read. */
  readonly maxBytes: number
  readonly limits?: ArchiveLimits | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * The text of one file of a configuration archive, without unpacking the rest; `undefined` when there is
 * none, or it is no plain file, or it is too large. Of several entries with that path the last counts, as
 * it does when they are unpacked.
 *
 * @throws `ProtocolError` `INVALID_ARCHIVE`, and the signal's reason.
 */
export async function readConfigurationFile(
  archive: string,
  options: ReadConfigurationFileOptions,
): Promise<string | undefined> {
  const { path, maxBytes, limits, signal } = options
  let found: string | undefined
  for await (const entry of readConfigurationArchive(archive, limits)) {
    signal?.throwIfAborted()
    const wanted = entry.path === path
    if (wanted) found = undefined
    if (entry.kind !== 'file') continue
    const chunks: Uint8Array[] = []
    // Also of what is not wanted: the next entry comes behind it.
    for await (const chunk of entry.body) {
      if (wanted && entry.bytes <= maxBytes && chunk instanceof Uint8Array) chunks.push(chunk)
    }
    if (wanted && entry.bytes <= maxBytes) found = Buffer.concat(chunks).toString('utf8')
  }
  return found
}

import { CacheError, ScalrAgentError } from '../../errors/index.ts'
import { diskError } from '../disk-error.ts'

/** For messages: what an archive is, and where it came from. */
export interface UnpackSubject {
  readonly item: string
  readonly source: string
}

/** The same error in the words of a cache: `CACHE_UNUSABLE` for the disk, else `CORRUPT`. */
export function unpackError(error: unknown, subject: UnpackSubject, path: string): unknown {
  if (ScalrAgentError.isInstance(error)) return error
  const onDisk = diskError(error, { item: subject.item, path })
  if (onDisk !== error && isOfSystem(error)) return onDisk
  return new CacheError(
    `Cannot unpack ${subject.source} for ${subject.item}: ${error instanceof Error ? error.message : String(error)}. Nothing of it is used.`,
    { item: subject.item, code: 'CORRUPT', cause: error },
  )
}

/** `ENOSPC` and the like, and not zlib's `Z_DATA_ERROR`. */
function isOfSystem(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}

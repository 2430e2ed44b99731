import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { Writable } from 'node:stream'
import { createGunzip } from 'node:zlib'

import { ArchivePolicy } from '@scalr-agent/core/protocol'
import { extract } from 'tar-stream'

import { errorCode } from '../runtime/index.ts'

export interface ArchiveCheckOptions {
  readonly limits: { readonly maxEntries: number; readonly maxBytes: number }
  /** In messages: `The configuration archive holds no file.` */
  readonly archive: string
  /** A file that it must hold. */
  readonly requiredFile?: string
  readonly signal?: AbortSignal
}

/** What the archive is, for the person who sent it; `undefined` when nothing is wrong with it. */
export type ArchiveFault = string | undefined

/**
 * Headers are read into memory before an entry is known, so this much may come without one. A tar file
 * ends with at most 10 KiB of zeros.
 */
const maxBytesWithoutEntry = 1024 * 1024

/** Reads a tar.gz from end to end, as the agent that unpacks it would, and writes nothing. */
export async function findArchiveFault(
  path: string,
  options: ArchiveCheckOptions,
): Promise<ArchiveFault> {
  const { archive, requiredFile, signal } = options
  const policy = new ArchivePolicy(options.limits)
  const tar = extract()
  let fedBytes = 0
  let fileCount = 0
  let hasRequired = false
  tar.on('entry', (header, stream, next) => {
    fedBytes = 0
    stream.on('data', () => {
      fedBytes = 0
    })
    stream.on('end', next)
    // It breaks together with the archive, which has its own listener.
    stream.on('error', () => {})
    try {
      const entry = policy.check(header)
      if (entry?.kind === 'file') fileCount += 1
      // A link cannot lead out of the tree, so it may stand for the file.
      hasRequired ||=
        entry !== undefined && entry.kind !== 'directory' && entry.path === requiredFile
      stream.resume()
    } catch (error) {
      guard.destroy(error instanceof Error ? error : new Error(String(error)))
    }
  })
  // Counts what goes into the parser without an entry coming out.
  const guard = new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      fedBytes += chunk.byteLength
      if (fedBytes > maxBytesWithoutEntry + chunk.byteLength) {
        done(new ArchiveFaultError('a header in it is larger than 1 MiB.'))
        return
      }
      if (tar.write(chunk)) done()
      else tar.once('drain', done)
    },
    final(done) {
      tar.once('finish', () => done())
      tar.end(null)
    },
  })
  tar.on('error', (error) => guard.destroy(error))
  try {
    const stop = signal === undefined ? {} : { signal }
    await pipeline(createReadStream(path), createGunzip(), guard, stop)
  } catch (error) {
    const fault = describeArchiveFault(error, archive)
    if (fault === undefined) throw error
    return fault
  } finally {
    tar.destroy()
  }
  if (fileCount === 0) return `The ${archive} holds no file.`
  if (requiredFile === undefined || hasRequired) return undefined
  return `The ${archive} holds no file '${requiredFile}'.`
}

/** What is wrong with an archive, where no parser says it. */
export class ArchiveFaultError extends Error {}

/** An error of reading an archive, in words; `undefined` when the archive is not at fault. */
export function describeArchiveFault(error: unknown, archive: string): ArchiveFault {
  if (!(error instanceof Error)) return undefined
  const code = errorCode(error)
  if (error instanceof ArchiveFaultError) {
    return `The ${archive} is refused: ${error.message}`
  }
  // The policy says which entry and why.
  if (code === 'INVALID_ARCHIVE') return error.message
  if (code?.startsWith('Z_') === true) {
    return `The ${archive} is no gzip file, or it is cut off. Send a tar.gz.`
  }
  if (/tar|header|unexpected end/iu.test(error.message) && code === undefined) {
    return `The ${archive} is no tar file, or it is cut off (${error.message}). Send a tar.gz.`
  }
  return undefined
}

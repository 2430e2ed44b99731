import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { Writable } from 'node:stream'
import { createGunzip } from 'node:zlib'

import { ArchivePolicy } from '@scalr-agent/core/protocol'
import { extract } from 'tar-stream'

import { errorCode } from '../../runtime/index.ts'

export interface ArchiveCheckLimits {
  readonly maxEntries: number
  readonly maxBytes: number
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
  limits: ArchiveCheckLimits,
  options: { readonly signal?: AbortSignal } = {},
): Promise<ArchiveFault> {
  const policy = new ArchivePolicy(limits)
  const tar = extract()
  let fedBytes = 0
  let fileCount = 0
  tar.on('entry', (header, stream, next) => {
    fedBytes = 0
    stream.on('data', () => {
      fedBytes = 0
    })
    stream.on('end', next)
    // It breaks together with the archive, which has its own listener.
    stream.on('error', () => {})
    try {
      if (policy.check(header)?.kind === 'file') fileCount += 1
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
    await pipeline(createReadStream(path), createGunzip(), guard, options)
  } catch (error) {
    const fault = describe(error)
    if (fault === undefined) throw error
    return fault
  } finally {
    tar.destroy()
  }
  return fileCount === 0 ? 'The configuration archive holds no file.' : undefined
}

class ArchiveFaultError extends Error {}

function describe(error: unknown): ArchiveFault {
  if (!(error instanceof Error)) return undefined
  const code = errorCode(error)
  if (error instanceof ArchiveFaultError) {
    return `The configuration archive is refused: ${error.message}`
  }
  // The policy says which entry and why.
  if (code === 'INVALID_ARCHIVE') return error.message
  if (code?.startsWith('Z_') === true) {
    return 'The configuration archive is no gzip file, or it is cut off. Send a tar.gz.'
  }
  if (/tar|header|unexpected end/iu.test(error.message) && code === undefined) {
    return `The configuration archive is no tar file, or it is cut off (${error.message}). Send a tar.gz.`
  }
  return undefined
}

import { createReadStream } from 'node:fs'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'

import { extract as createExtract, type Header } from 'tar-stream'

import { ProtocolError, ScalrAgentError } from '../errors/index.ts'
import { ArchivePolicy, type ArchiveLimits } from '../protocol/index.ts'

/** One entry of a configuration, checked. A file's body must be read to its end before the next entry. */
export type ConfigurationEntry = { readonly path: string; readonly mtime: Date } & (
  | { readonly kind: 'directory' }
  | { readonly kind: 'symlink'; readonly target: string }
  | {
      readonly kind: 'file'
      readonly bytes: number
      readonly executable: boolean
      readonly body: Readable
    }
)

/**
 * Bytes that may come without any entry: extended headers, which are held in memory, and the padding
 * at the end. It stops what the policy, which sees entries only, cannot.
 */
const maxUnaccountedBytes = 1024 * 1024

/**
 * Reads a `tar.gz` from disk, entry by entry, through {@link ArchivePolicy}. Errors call it `what`.
 *
 * @throws {@link ProtocolError} `INVALID_ARCHIVE`, naming the entry, for a broken or cut archive, an
 * entry that is not allowed, and too many entries or bytes.
 */
export async function* readConfigurationArchive(
  path: string,
  limits?: ArchiveLimits,
  what = 'configuration',
): AsyncGenerator<ConfigurationEntry> {
  const policy = new ArchivePolicy(limits)
  const budget = { seen: 0, accounted: 0 }
  let last = ''
  const broken = (error: unknown): unknown =>
    ScalrAgentError.isInstance(error) ? error : invalid(what, last, reason(error), error)
  const guard = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      budget.seen += chunk.length
      if (budget.seen - budget.accounted > maxUnaccountedBytes + chunk.length) {
        done(
          invalid(
            what,
            last,
            `more than ${maxUnaccountedBytes} bytes follow that belong to no entry`,
          ),
        )
      } else {
        done(null, chunk)
      }
    },
  })
  const extract = createExtract()
  const source = createReadStream(path)
  const feeding = pipeline(source, createGunzip(), guard, extract).catch((error: unknown) => {
    extract.destroy(error instanceof Error ? error : new Error(String(error)))
  })
  try {
    for await (const entry of extract) {
      const { header } = entry
      last = header.name
      budget.accounted += accountedBytes(header)
      const checked = policy.check(header)
      if (checked === undefined) {
        entry.resume()
        continue
      }
      const mtime = timeOf(header)
      if (checked.kind === 'file') {
        yield {
          kind: 'file',
          path: checked.path,
          mtime,
          bytes: header.size ?? 0,
          executable: ((header.mode ?? 0) & 0o111) !== 0,
          body: Readable.from(bodyOf(entry, broken), { objectMode: false }),
        }
        continue
      }
      entry.resume()
      if (checked.kind === 'symlink') yield { ...checked, mtime }
      else yield { kind: 'directory', path: checked.path, mtime }
    }
  } catch (error) {
    throw broken(error)
  } finally {
    source.destroy()
    extract.destroy()
    await feeding
  }
}

async function* bodyOf(
  entry: AsyncIterable<unknown>,
  broken: (error: unknown) => unknown,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of entry) if (chunk instanceof Uint8Array) yield chunk
  } catch (error) {
    throw broken(error)
  }
}

/** Header and content, padded to blocks of 512. */
function accountedBytes(header: Header): number {
  return 512 + Math.ceil((header.size ?? 0) / 512) * 512
}

/** A time that tar can write again. */
function timeOf(header: Header): Date {
  const time = header.mtime.getTime()
  return time >= 0 && time < 8 ** 11 * 1000 ? header.mtime : new Date(0)
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function invalid(what: string, entry: string, why: string, cause?: unknown): ProtocolError {
  const shown = JSON.stringify(entry.length > 200 ? `${entry.slice(0, 200)}…` : entry)
  const where = entry === '' ? 'before its first entry' : `at or after entry ${shown}`
  return new ProtocolError(
    `Cannot unpack the ${what}: the archive is broken ${where}: ${why}. Upload the ${what} again.`,
    { code: 'INVALID_ARCHIVE', cause },
  )
}

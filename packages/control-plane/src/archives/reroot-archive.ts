import { Transform, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'

import { ArchivePolicy } from '@scalr-agent/core/protocol'
import { extract, pack, type Extract, type Pack } from 'tar-stream'

import { ArchiveFaultError } from './archive-check.ts'

export interface RerootOptions {
  /** Folder of the repository that becomes the root; empty for the whole of it. */
  readonly path: string
  readonly limits: {
    readonly packedBytes: number
    readonly unpackedBytes: number
    readonly entries: number
  }
}

/** Headers are read into memory before an entry is known, so this much may come without one. */
const maxBytesWithoutEntry = 1024 * 1024

/**
 * Forges put the tree of an archive into one folder, which has another name for each commit. This takes it
 * away, and checks on the way what the archive holds: of what is refused no entry goes on.
 *
 * @returns a tar.gz, as it is made
 */
export async function* rerootArchive(
  source: Readable,
  options: RerootOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { limits } = options
  const tar = extract()
  const guard = new EntryGuard(limits.unpackedBytes)
  const output = pack()
  const gzip = createGzip()
  // What breaks first breaks the others, each with words of its own.
  let failure: unknown
  const noteFailure = (error: unknown): void => {
    failure ??= error
  }
  for (const part of [source, guard, gzip]) part.on('error', noteFailure)
  for (const part of [tar, output]) part.on('error', noteFailure)
  const unpacking = pipeline(source, countedTo(limits.packedBytes), createGunzip(), guard)
  unpacking.catch(noteFailure)
  const reading = feed(guard, tar).catch((error: unknown) => {
    noteFailure(error)
    tar.destroy()
  })
  const copying = copyEntries(tar, output, { ...options, guard }).then(
    () => output.finalize(),
    (error: unknown) => {
      noteFailure(error)
      output.destroy()
      guard.destroy()
    },
  )
  const writing = pipeline(() => chunksOf(output), gzip)
  writing.catch(noteFailure)
  try {
    for await (const chunk of gzip) {
      if (chunk instanceof Uint8Array) yield chunk
    }
    await Promise.all([unpacking, writing])
  } catch (error) {
    throw failure ?? error
  } finally {
    source.destroy()
    guard.destroy()
    tar.destroy()
    output.destroy()
    gzip.destroy()
    await Promise.all([reading, copying])
  }
}

async function feed(source: AsyncIterable<unknown>, tar: Extract): Promise<void> {
  for await (const chunk of source) {
    if (!tar.write(chunk)) await drained(tar)
  }
  tar.end(null)
}

async function* chunksOf(output: Pack): AsyncGenerator<unknown, void, undefined> {
  yield* output
}

type Sink = ReturnType<Pack['entry']>

async function copyEntries(
  tar: Extract,
  output: Pack,
  options: RerootOptions & { readonly guard: EntryGuard },
): Promise<void> {
  const { limits, guard, path: wanted } = options
  const policy = new ArchivePolicy({ maxEntries: limits.entries, maxBytes: limits.unpackedBytes })
  const below = wanted === '' ? '' : `${wanted}/`
  let root: string | undefined
  let files = 0
  for await (const entry of tar) {
    guard.entryWentOn()
    const { header } = entry
    const slash = header.name.indexOf('/')
    const top = slash === -1 ? header.name : header.name.slice(0, slash)
    root ??= top
    if (top !== root || top === '' || top === '..') {
      throw new ArchiveFaultError(
        `it has not one folder at its root, as archives of a VCS have ('${root}' and '${top}').`,
      )
    }
    const name = slash === -1 ? '' : header.name.slice(slash + 1)
    const path = name.startsWith(below) ? name.slice(below.length) : ''
    const checked = path === '' ? undefined : policy.check({ ...header, name: path })
    if (checked === undefined) {
      entry.on('data', () => guard.entryWentOn())
      continue
    }
    const kept = {
      name: checked.path,
      mode: header.mode & 0o777,
      mtime: header.mtime,
    }
    switch (checked.kind) {
      case 'file':
        files += 1
        await add(output, { ...kept, type: 'file', size: header.size }, async (sink) => {
          for await (const chunk of entry) {
            guard.entryWentOn()
            if (!sink.write(chunk)) await drained(sink)
          }
          sink.end(null)
        })
        continue
      case 'directory':
        await add(output, { ...kept, type: 'directory' })
        break
      case 'symlink':
        await add(output, { ...kept, type: 'symlink', linkname: checked.target })
        break
    }
    entry.resume()
  }
  if (files > 0) return
  throw new ArchiveFaultError(
    wanted === '' ? 'it holds no file.' : `the repository holds no file below '${wanted}'.`,
  )
}

/** Waits until the entry is written: others may not run ahead of whoever reads the archive. */
async function add(
  output: Pack,
  header: Parameters<Pack['entry']>[0],
  fill?: (sink: Sink) => Promise<void>,
): Promise<void> {
  let sink: Sink | undefined
  const written = new Promise<void>((resolve, reject) => {
    sink = output.entry(header, (error) => {
      if (error === undefined || error === null) resolve()
      else reject(error)
    })
  })
  written.catch(() => {})
  if (sink !== undefined) await fill?.(sink)
  await written
}

async function drained(sink: Sink | Extract): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const settle = (): void => {
      sink.off('drain', settle)
      sink.off('close', broken)
      resolve()
    }
    const broken = (): void => {
      sink.off('drain', settle)
      reject(new Error('The archive that was being written was given up.'))
    }
    sink.once('drain', settle)
    sink.once('close', broken)
  })
}

/** Sees that the parser gets no more than it gives out entries for. */
class EntryGuard extends Transform {
  readonly #maxBytes: number
  #bytes = 0
  #fed = 0

  constructor(maxContentBytes: number) {
    super()
    // Headers and padding take room as well.
    this.#maxBytes = maxContentBytes * 1.1 + 64 * 1024 ** 2
  }

  /** An entry began, or some of its content came. */
  entryWentOn(): void {
    this.#fed = 0
  }

  override _transform(
    chunk: Uint8Array,
    _encoding: BufferEncoding,
    done: (error: Error | null, chunk?: Uint8Array) => void,
  ): void {
    this.#bytes += chunk.byteLength
    this.#fed += chunk.byteLength
    if (this.#fed > maxBytesWithoutEntry + chunk.byteLength) {
      done(new ArchiveFaultError('a header in it is larger than 1 MiB.'))
    } else if (this.#bytes > this.#maxBytes) {
      done(new ArchiveFaultError('it unpacks to more than is allowed.'))
    } else done(null, chunk)
  }
}

function countedTo(maxBytes: number): Transform {
  let bytes = 0
  return new Transform({
    transform: (chunk: Uint8Array, _encoding, done) => {
      bytes += chunk.byteLength
      if (bytes > maxBytes) done(new ArchiveFaultError(`it is larger than ${maxBytes} bytes.`))
      else done(null, chunk)
    },
  })
}

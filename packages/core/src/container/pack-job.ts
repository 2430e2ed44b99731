import { randomBytes } from 'node:crypto'
import { posix } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { extract, pack, type Header, type Pack } from 'tar-stream'

import type { WorkloadSpec } from '../executor/index.ts'
import { ArchivePolicy } from '../protocol/index.ts'
import type { MakeExecutorError } from './executor-errors.ts'
import { marks, ownPaths } from './layout.ts'
import { secretsFile } from './secrets-file.ts'
import type { UnixUser } from './unix-user.ts'

/** Where the job directory is, below the directory that is unpacked into. */
const job = posix.basename(ownPaths.job)

/** How the files of a workload are packed. */
export interface PackJobOptions {
  readonly user: UnixUser
  readonly signal: AbortSignal
  readonly makeError: MakeExecutorError
  /** Whether there is a job directory already that belongs to somebody else: a mount. @default false */
  readonly hasJobDirectory?: boolean | undefined
  /** Name of a mark to be the very last entry: where it is, all the others are. @default none */
  readonly lastMark?: string | undefined
  /** What the supervisor seals the exit record with: letters and digits. @default a new one */
  readonly seal?: string | undefined
}

/** A seal that nobody can guess. */
export function newSeal(): string {
  return randomBytes(16).toString('hex')
}

type Packed = Pick<WorkloadSpec, 'caches' | 'files' | 'id' | 'secretEnv'>

/**
 * All files of a workload as one archive for `ownPaths.root`: our own, then those of the job, checked
 * header by header. When they cannot be read to their end, the archive breaks off with `INVALID_FILES`,
 * so that the engine's request does, too.
 */
export function packJob(spec: Packed, options: PackJobOptions): Readable {
  const archive = pack()
  fill(archive, spec, options).then(
    () => archive.finalize(),
    (error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))),
  )
  return Readable.from(archive, { objectMode: false })
}

async function fill(archive: Pack, spec: Packed, options: PackJobOptions): Promise<void> {
  const writer = new Writer(archive, options.user)
  await writer.directory('run', 0o700)
  await writer.directory('private', 0o700)
  await writer.file('output', 0o600, '')
  await writer.file('private/secrets', 0o600, secretsFile(spec.secretEnv))
  await writer.file(
    ownPaths.seal.slice(ownPaths.root.length + 1),
    0o600,
    `${options.seal ?? newSeal()}\n`,
  )
  // Written over in place, so that a full disk does not take the proof of an exit away.
  for (const name of [marks.code, marks.copier])
    await writer.file(`run/${name}`, 0o600, ' '.repeat(64))
  for (const name of [marks.exitDraft, marks.sealed])
    await writer.file(`run/${name}`, 0o600, ' '.repeat(256))
  if (options.hasJobDirectory === true) writer.has(job)
  else await writer.directory(job, 0o755)
  if (spec.caches.length > 0) await writer.directory(`${job}/caches`, 0o755)
  if (spec.files !== undefined) await addFiles(writer, spec.files(), spec.id, options)
  if (options.lastMark !== undefined) await writer.file(`run/${options.lastMark}`, 0o600, '')
}

async function addFiles(
  writer: Writer,
  source: Readable,
  id: string,
  { signal, makeError }: PackJobOptions,
): Promise<void> {
  const archive = extract()
  const policy = new ArchivePolicy()
  // Links come last, so that nothing is ever written through one.
  const links: { readonly path: string; readonly target: string }[] = []
  const feeding = pipeline(source, archive, { signal })
  feeding.catch(() => {})
  try {
    for await (const entry of archive) {
      const { header } = entry
      const checked = policy.check(header)
      const path = `${job}/${checked?.path}`
      switch (checked?.kind) {
        case 'directory':
          await writer.parents(path)
          await writer.directory(path, ((header.mode ?? 0o755) & 0o777) | 0o700)
          break
        case 'file':
          await writer.parents(path)
          await writer.stream(path, ((header.mode ?? 0o644) & 0o777) | 0o600, entry, header)
          break
        case 'symlink':
          links.push({ path, target: checked.target })
          break
        case undefined:
          break
      }
      entry.resume()
    }
    await feeding
    for (const { path, target } of links) {
      await writer.parents(path)
      await writer.link(path, target)
    }
  } catch (error) {
    signal.throwIfAborted()
    const why = error instanceof Error ? error.message.replace(/\.$/u, '') : String(error)
    const message = `Cannot lay out the files of workload \`${id}\`: ${why}.`
    throw makeError('INVALID_FILES', 'launch', message, error)
  } finally {
    archive.destroy()
    source.destroy()
  }
}

type NewHeader = Partial<Header> & { readonly name: string }

/** Writes entries with the workload's owner, and each directory once. */
class Writer {
  readonly #archive: Pack
  readonly #owner: UnixUser
  readonly #directories = new Set<string>()

  constructor(archive: Pack, owner: UnixUser) {
    this.#archive = archive
    this.#owner = owner
  }

  /** Directories that an archive only implies would belong to root. */
  async parents(path: string): Promise<void> {
    const parent = posix.dirname(path)
    if (this.#directories.has(parent)) return
    await this.parents(parent)
    await this.directory(parent, 0o755)
  }

  /** That directory is there without being written. */
  has(path: string): void {
    this.#directories.add(path)
  }

  async directory(path: string, mode: number): Promise<void> {
    this.#directories.add(path)
    await this.#entry({ name: `${path}/`, type: 'directory', mode }, undefined)
  }

  async file(path: string, mode: number, content: string): Promise<void> {
    await this.#entry({ name: path, type: 'file', mode }, content)
  }

  async link(path: string, target: string): Promise<void> {
    await this.#entry({ name: path, type: 'symlink', linkname: target, mode: 0o777 }, undefined)
  }

  async stream(
    path: string,
    mode: number,
    content: AsyncIterable<unknown>,
    header: Header,
  ): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    promise.catch(() => {})
    const sink = this.#archive.entry(
      this.#header({ name: path, type: 'file', mode, size: header.size ?? 0 }),
      (error) => (error instanceof Error ? reject(error) : resolve()),
    )
    sink.on('error', reject)
    for await (const chunk of content) {
      if (sink.write(chunk)) continue
      const drained = Promise.withResolvers<void>()
      sink.once('drain', drained.resolve)
      // Nobody reads any more: the engine, or we, gave up.
      await Promise.race([drained.promise, promise])
    }
    sink.end(undefined)
    await promise
  }

  async #entry(header: NewHeader, content: string | undefined): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const done = (error?: Error | null): void =>
        error instanceof Error ? reject(error) : resolve()
      if (content === undefined) this.#archive.entry(this.#header(header), done)
      else this.#archive.entry(this.#header(header), content, done)
    })
  }

  #header(header: NewHeader): NewHeader {
    return { ...header, uid: this.#owner.uid, gid: this.#owner.gid, mtime: new Date() }
  }
}

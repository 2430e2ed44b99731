import { posix } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { extract, pack } from 'tar-stream'

import { ArchivePolicy } from '../../protocol/index.ts'

/** What lies at one path. */
export type FakeFile =
  | { readonly kind: 'file'; readonly content: Uint8Array; readonly mode: number }
  | { readonly kind: 'directory'; readonly mode: number }
  | { readonly kind: 'symlink'; readonly target: string }

/** A job directory in memory. Paths are relative to it. */
export class FakeFiles {
  readonly #entries = new Map<string, FakeFile>()

  /** Reads an archive into a new tree. Refuses what `ArchivePolicy` refuses. */
  static async from(source: Readable, signal: AbortSignal): Promise<FakeFiles> {
    const files = new FakeFiles()
    const policy = new ArchivePolicy()
    const archive = extract()
    const feeding = pipeline(source, archive, { signal })
    feeding.catch(() => {})
    for await (const entry of archive) {
      const checked = policy.check(entry.header)
      const chunks: Uint8Array[] = []
      for await (const chunk of entry) if (chunk instanceof Uint8Array) chunks.push(chunk)
      const mode = entry.header.mode ?? 0o644
      if (checked?.kind === 'file') files.write(checked.path, Buffer.concat(chunks), mode)
      if (checked?.kind === 'directory') files.makeDirectory(checked.path, mode)
      if (checked?.kind === 'symlink') files.link(checked.path, checked.target)
    }
    await feeding
    return files
  }

  write(name: string, content: string | Uint8Array, mode = 0o644): void {
    const path = normalize(name)
    this.#makeParents(path)
    this.#entries.set(path, {
      kind: 'file',
      content: typeof content === 'string' ? Buffer.from(content) : content,
      mode,
    })
  }

  makeDirectory(name: string, mode = 0o755): void {
    const path = normalize(name)
    this.#makeParents(path)
    if (!this.#entries.has(path)) this.#entries.set(path, { kind: 'directory', mode })
  }

  link(name: string, target: string): void {
    const path = normalize(name)
    this.#makeParents(path)
    this.#entries.set(path, { kind: 'symlink', target })
  }

  get(path: string): FakeFile | undefined {
    const normal = normalize(path)
    return normal === '.' ? { kind: 'directory', mode: 0o755 } : this.#entries.get(normal)
  }

  /** Content of a regular file as text. */
  text(path: string): string | undefined {
    const entry = this.get(path)
    return entry?.kind === 'file' ? Buffer.from(entry.content).toString('utf8') : undefined
  }

  remove(name: string): void {
    const path = normalize(name)
    for (const known of this.#entries.keys()) {
      if (known === path || known.startsWith(`${path}/`)) this.#entries.delete(known)
    }
  }

  /** A tar stream of those paths that exist, and of what lies below them. */
  pack(paths: readonly string[]): Readable {
    const archive = pack()
    const wanted = paths.map(normalize)
    for (const [name, entry] of [...this.#entries].toSorted(([one], [other]) =>
      one < other ? -1 : 1,
    )) {
      if (!wanted.some((path) => path === '.' || name === path || name.startsWith(`${path}/`)))
        continue
      switch (entry.kind) {
        case 'file':
          archive.entry({ name, mode: entry.mode }, Buffer.from(entry.content))
          break
        case 'directory':
          archive.entry({ name, type: 'directory', mode: entry.mode })
          break
        case 'symlink':
          archive.entry({ name, type: 'symlink', linkname: entry.target })
          break
      }
    }
    archive.finalize()
    return Readable.from(archive, { objectMode: false })
  }

  #makeParents(path: string): void {
    const parent = posix.dirname(path)
    if (parent !== '.') this.makeDirectory(parent)
  }
}

function normalize(path: string): string {
  return posix.normalize(path).replace(/\/$/u, '')
}

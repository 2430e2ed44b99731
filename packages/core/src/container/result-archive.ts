import { posix } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { pack, type Header, type Pack } from 'tar-stream'

import { ArchivePolicy } from '../protocol/index.ts'
import type { MakeExecutorError } from './executor-errors.ts'

/** What became of an entry that was offered. `hard-link`: ask for that path by itself. */
export type OfferedEntry = 'added' | 'left-out' | 'hard-link'

/**
 * The archive that `Workload.readFiles` gives, made of what an engine tells of a job directory. Links are
 * packed as links and only when they stay in the tree; each path once; devices and pipes stay out. Too
 * much of anything is an error.
 */
export class ResultArchive {
  readonly #archive: Pack = pack()
  readonly #policy = new ArchivePolicy()
  readonly #seen = new Set<string>()

  get stream(): Readable {
    return Readable.from(this.#archive, { objectMode: false })
  }

  /**
   * Offers one entry of an engine's archive, seen at `path` of the job directory. `asked` is the path that
   * the engine was asked for. Content that is not taken is left to the caller to resume.
   */
  async offer(
    path: string,
    header: Header,
    content: AsyncIterable<unknown>,
    asked: string,
  ): Promise<OfferedEntry> {
    const type = header.type ?? 'file'
    if (path === '.' || this.#seen.has(path)) return 'left-out'
    // The second name of a file: its content stands at the first one.
    if (type === 'link' && path !== asked) return 'hard-link'
    if (!this.#isAllowed(path, type, header)) return 'left-out'
    this.#seen.add(path)
    const mode = (header.mode ?? 0o644) & 0o777
    const mtime = header.mtime ?? new Date(0)
    if (type === 'symlink') {
      await this.#write({ name: path, type, linkname: header.linkname ?? '', mode, mtime })
    } else if (type === 'directory') {
      await this.#write({ name: path, type, mode, mtime })
    } else {
      const size = header.size ?? 0
      const sink = this.#archive.entry({ name: path, type: 'file', size, mode, mtime })
      await pipeline(content, sink)
    }
    return 'added'
  }

  end(): void {
    this.#archive.finalize()
  }

  fail(error: Error): void {
    this.#archive.destroy(error)
  }

  #isAllowed(path: string, type: string, { linkname, size }: Header): boolean {
    if (!['file', 'contiguous-file', 'directory', 'symlink'].includes(type)) return false
    try {
      this.#policy.check({ name: path, type, size, linkname })
      return true
    } catch (error) {
      if (type === 'symlink') return false
      throw error
    }
  }

  async #write(header: Parameters<Pack['entry']>[0]): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#archive.entry(header, (error) => (error instanceof Error ? reject(error) : resolve()))
    })
  }
}

/**
 * A path of `Workload.readFiles`, normalized.
 * @throws `INVALID_SPEC` for one that is absolute or climbs.
 */
export function checkResultPath(path: string, makeError: MakeExecutorError): string {
  const normal = posix.normalize(path).replace(/\/$/u, '')
  const climbs = posix.isAbsolute(path) || normal.split('/').includes('..')
  if (path === '' || path.includes('\0') || climbs) {
    throw makeError(
      'INVALID_SPEC',
      'read-files',
      `Cannot read files: ${JSON.stringify(path.slice(0, 200))} is not a path in the job directory.`,
    )
  }
  return normal
}

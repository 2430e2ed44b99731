import { posix } from 'node:path'

import { ProtocolError } from '../errors/index.ts'

/** How much an archive may hold; what is past it is refused while it is read. */
export interface ArchiveLimits {
  /** @default 100_000 */
  readonly maxEntries?: number
  /** Unpacked, all files together. @default 2 GiB */
  readonly maxBytes?: number
}

/** The part of a tar header that decides. */
export interface ArchiveEntry {
  readonly name: string
  readonly type?: string | null | undefined
  readonly size?: number | undefined
  readonly linkname?: string | null | undefined
}

/** An entry that may be unpacked. `path` is relative, normal and without a trailing slash. */
export type CheckedEntry =
  | { readonly kind: 'directory' | 'file'; readonly path: string }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }

/**
 * What may lie in an archive that comes from outside, decided header by header: regular files,
 * directories and symbolic links that stay in the tree. Absolute paths, `..`, hard links, devices,
 * sockets, links out of the tree and files below a link are refused, and so is too much of anything.
 *
 * One instance checks one archive, since links and totals are remembered.
 */
export class ArchivePolicy {
  readonly #maxEntries: number
  readonly #maxBytes: number
  readonly #links = new Set<string>()
  #entries = 0
  #bytes = 0

  constructor(limits: ArchiveLimits = {}) {
    this.#maxEntries = limits.maxEntries ?? 100_000
    this.#maxBytes = limits.maxBytes ?? 2 * 1024 ** 3
  }

  /**
   * @returns the entry in checked form, or `undefined` for one without content of its own (pax headers,
   * the root itself).
   * @throws {@link ProtocolError} `INVALID_ARCHIVE`
   */
  check(entry: ArchiveEntry): CheckedEntry | undefined {
    this.#entries += 1
    if (this.#entries > this.#maxEntries) {
      throw refuse(entry.name, `the archive holds more than ${this.#maxEntries} entries`)
    }
    const type = entry.type ?? 'file'
    if (type === 'pax-header' || type === 'pax-global-header') return undefined
    const path = this.#checkPath(entry.name)
    switch (type) {
      case 'directory':
        return path === '.' ? undefined : { kind: 'directory', path }
      case 'file':
      case 'contiguous-file':
        this.#count(entry)
        if (path === '.') throw refuse(entry.name, 'a file cannot be the root')
        return { kind: 'file', path }
      case 'symlink': {
        const target = entry.linkname ?? ''
        this.#checkLink(entry.name, path, target)
        this.#links.add(path)
        return { kind: 'symlink', path, target }
      }
      default:
        throw refuse(entry.name, `entries of type '${type}' are not allowed`)
    }
  }

  #count(entry: ArchiveEntry): void {
    this.#bytes += entry.size ?? 0
    if (this.#bytes > this.#maxBytes) {
      throw refuse(entry.name, `the archive unpacks to more than ${this.#maxBytes} bytes`)
    }
  }

  #checkPath(name: string): string {
    if (name === '' || name.includes('\0'))
      throw refuse(name, 'the name is empty or holds a NUL byte')
    if (name.startsWith('/') || /^[A-Za-z]:/u.test(name) || name.includes('\\')) {
      throw refuse(name, 'the path is absolute or holds a backslash')
    }
    if (name.split('/').includes('..')) throw refuse(name, "the path holds '..'")
    const path = posix.normalize(name).replace(/\/$/u, '')
    for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', end + 1)) {
      if (this.#links.has(path.slice(0, end))) throw refuse(name, 'it lies below a link')
    }
    if (this.#links.has(path)) throw refuse(name, 'it would replace a link')
    return path === '' ? '.' : path
  }

  #checkLink(name: string, path: string, target: string): void {
    if (target === '' || target.includes('\0') || target.startsWith('/') || target.includes('\\')) {
      throw refuse(name, 'the link has no relative target')
    }
    // Through another link, '..' need not lead where the text says: links that climb may not cross one.
    const resolved = posix.normalize(posix.join(posix.dirname(path), target))
    if (resolved === '..' || resolved.startsWith('../')) {
      throw refuse(name, `the link leads out of the tree ('${target}')`)
    }
    if (/(?:^|\/)[^/.][^/]*\/(?:.*\/)?\.\.(?:\/|$)/u.test(target)) {
      throw refuse(name, `the link climbs after it descended ('${target}')`)
    }
  }
}

function refuse(name: string, why: string): ProtocolError {
  const shown = JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name)
  return new ProtocolError(`Cannot unpack the archive: entry ${shown} is refused: ${why}.`, {
    code: 'INVALID_ARCHIVE',
  })
}

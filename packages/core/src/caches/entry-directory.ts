import { readdir, rename, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { syncDirectory } from '../runtime/index.ts'
import { makeDirectory } from './make-directory.ts'
import { errorCode, orMissing } from './or-missing.ts'
import type { Staging } from './staging.ts'

/** How often the parent of an entry may be tidied away under a rename. */
const maxAttempts = 5

/** Entries of a cache come and go whole, each by one rename. They are named by their path below the root. */
export class EntryDirectory {
  readonly #root: string
  readonly #staging: Staging

  constructor(root: string, staging: Staging) {
    this.#root = root
    this.#staging = staging
  }

  /** @returns whether it came in: where another one is already, that one stays */
  async add(staged: string, entry: string): Promise<boolean> {
    const target = join(this.#root, entry)
    for (let attempt = 1; ; attempt += 1) {
      await makeDirectory(dirname(target))
      try {
        await rename(staged, target)
        await syncDirectory(dirname(target))
        return true
      } catch (error) {
        const code = errorCode(error)
        if (code === 'EEXIST' || code === 'ENOTEMPTY') return false
        // An eviction has just tidied the empty directory away.
        if (code !== 'ENOENT' || attempt >= maxAttempts) throw error
      }
    }
  }

  /**
   * Takes an entry out of sight at once, and then away unless it is wanted after all.
   *
   * @returns whether it went
   */
  async discard(
    entry: string,
    options: { readonly unless?: () => Promise<boolean> } = {},
  ): Promise<boolean> {
    const path = join(this.#root, entry)
    const isGone = await this.#staging.use(async (directory) => {
      const hidden = join(directory, 'entry')
      if ((await orMissing(rename(path, hidden).then(() => true))) !== true) return false
      if ((await options.unless?.()) !== true) return true
      // Where another agent has brought it meanwhile, that one stays.
      await this.add(hidden, entry)
      return false
    })
    if (isGone) await this.#tidyAbove(entry)
    return isGone
  }

  /** Paths of the directories that lie so deep below the root, or below one directory of it. */
  async list(depth: number, below = ''): Promise<readonly string[]> {
    const children = await orMissing(readdir(join(this.#root, below), { withFileTypes: true }))
    const paths = (children ?? [])
      .filter((child) => child.isDirectory())
      .map((child) => join(below, child.name))
    if (depth === 1) return paths
    return (await Promise.all(paths.map((path) => this.list(depth - 1, path)))).flat()
  }

  /** Directories above an entry that hold nothing more go too. */
  async #tidyAbove(entry: string): Promise<void> {
    for (let above = dirname(entry); above !== '.'; above = dirname(above)) {
      const isEmpty = await rmdir(join(this.#root, above)).then(
        () => true,
        () => false,
      )
      if (!isEmpty) return
    }
  }
}

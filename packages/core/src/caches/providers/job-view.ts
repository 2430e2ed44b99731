import { readdir, rename, symlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'

import { IllegalStateError } from '../../errors/index.ts'
import { makeDirectory } from '../make-directory.ts'
import { orMissing } from '../or-missing.ts'
import type { Staging } from '../staging.ts'
import type { StoredPackage } from './package-store.ts'
import { addressText, type ProviderPackage } from './provider-address.ts'

/** A cached package and what it is. */
export interface ViewedPackage {
  readonly provider: ProviderPackage
  readonly stored: StoredPackage
}

/**
 * What one job sees of the cache: `jobs/<owner>/<job>/{unpacked,packed}`, laid out as filesystem mirrors,
 * with links to exactly what the job may use. The tools walk a mirror whole and fail when something
 * vanishes meanwhile, so a job must not look at what others fetch and evict.
 */
export class JobViews {
  readonly #root: string
  readonly #owner: string
  readonly #staging: Staging

  constructor(root: string, owner: string, staging: Staging) {
    this.#root = root
    this.#owner = owner
    this.#staging = staging
  }

  /** Makes the view anew and returns its path below the root. */
  async make(jobId: string, packages: readonly ViewedPackage[]): Promise<string> {
    const view = this.#path(jobId)
    await this.remove(jobId)
    await this.#staging.use(async (directory) => {
      const staged = join(directory, 'view')
      for (const { provider, stored } of packages) {
        const link = linkPath(provider, stored)
        const path = join(staged, link)
        await makeDirectory(dirname(path))
        // Relative, since the cache lies elsewhere in the workload.
        await symlink(relative(dirname(join(view, link)), stored.content), path)
      }
      const target = join(this.#root, view)
      await makeDirectory(dirname(target))
      await rename(staged, target)
    })
    return view
  }

  async remove(jobId: string): Promise<void> {
    const view = join(this.#root, this.#path(jobId))
    await this.#staging.use(async (directory) => {
      await orMissing(rename(view, join(directory, 'view')))
    })
  }

  /** Removes the views of this agent's other jobs. */
  async retain(jobIds: readonly string[]): Promise<void> {
    const keep = new Set(jobIds)
    const names = (await orMissing(readdir(join(this.#root, 'jobs', this.#owner)))) ?? []
    for (const jobId of names) if (!keep.has(jobId)) await this.remove(jobId)
  }

  #path(jobId: string): string {
    if (!/^[A-Za-z0-9][\w.-]{0,199}$/u.test(jobId)) {
      throw new IllegalStateError(
        'Cannot lay out cached providers: the job id cannot name a directory.',
      )
    }
    return join('jobs', this.#owner, jobId)
  }
}

function linkPath(provider: ProviderPackage, { layout }: StoredPackage): string {
  const address = addressText(provider)
  const { type, version, platform } = provider
  return layout === 'unpacked'
    ? join('unpacked', address, version, platform)
    : join('packed', address, `terraform-provider-${type}_${version}_${platform}.zip`)
}

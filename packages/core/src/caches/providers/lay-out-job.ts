import type { ProviderRequest } from '../provider-settings.ts'
import type { CacheParts } from './cache-parts.ts'
import type { ViewedPackage } from './job-view.ts'
import { addressText, type LockedPackage } from './provider-address.ts'
import type { ProviderCacheOptions } from './provider-cache-options.ts'
import type { ObtainedPackage } from './provider-library.ts'

/** What one job sees of the cache. */
export interface JobLayout {
  /** Path of the view below the root of the cache. */
  readonly view: string
  readonly packages: readonly ViewedPackage[]
  /** How many were not here before. */
  readonly fetched: number
}

export interface LayOutOptions {
  readonly cache: ProviderCacheOptions
  readonly parts: CacheParts
  /** Collects what the console says of it. */
  readonly notes: string[]
  readonly signal: AbortSignal | undefined
}

interface FoundPackage extends ObtainedPackage {
  readonly provider: LockedPackage
}

/**
 * Gets the locked packages into the cache, pins them for the job and links them into its view. Whatever
 * goes wrong is a note and never an error, unless the signal says so: the tool can do without a cache.
 * `undefined`: it has to.
 */
export async function layOutJob(
  request: ProviderRequest,
  locked: readonly LockedPackage[],
  options: LayOutOptions,
): Promise<JobLayout | undefined> {
  const { cache, parts, notes } = options
  const { clock, logger } = cache
  const problem = await parts.directory.problem()
  if (problem !== undefined) {
    notes.push(`The provider cache is not used: ${problem}.`)
    return undefined
  }
  const startedMs = clock.monotonicMs()
  const found = await obtainAll(request.jobId, locked, options)
  try {
    const packages = await findPinned(found, parts)
    const view = packages.length === 0 ? undefined : await parts.views.make(request.jobId, packages)
    const fetched = found.filter((it) => it.wasFetched).length
    if (fetched > 0) {
      const seconds = ((clock.monotonicMs() - startedMs) / 1000).toFixed(2)
      notes.push(`Cached ${plugins(fetched)} in ${seconds}s`)
    }
    const missing = locked.length - packages.length
    const rest = missing === 0 ? '' : `, ${missing} not in the cache`
    notes.push(`${plugins(locked.length)} locked (${packages.length} used from cache${rest})`)
    return view === undefined ? undefined : { view, packages, fetched }
  } catch (error) {
    logger.warn({ jobId: request.jobId, err: error }, 'Cannot lay out cached providers')
    notes.push(`The provider cache is not used: ${cache.directory} cannot be written.`)
    return undefined
  }
}

/** `1 plugin`, `20 plugins` */
export function plugins(count: number): string {
  return `${count} plugin${count === 1 ? '' : 's'}`
}

async function obtainAll(
  jobId: string,
  locked: readonly LockedPackage[],
  { cache, parts, notes, signal }: LayOutOptions,
): Promise<readonly FoundPackage[]> {
  const deadline = new AbortController()
  const until = signal === undefined ? deadline.signal : AbortSignal.any([deadline.signal, signal])
  // One clock for all of them; it also ends with the job.
  const patience = cache.clock
    .sleep(cache.prepareTimeoutMs ?? 300_000, { signal: until })
    .catch(() => {})
  const results = await Promise.all(
    locked.map(async (provider) => {
      try {
        const obtained = await Promise.race([parts.library.obtain(provider), patience])
        if (obtained !== undefined) {
          // At once, lest it is evicted to make room for the next one.
          await parts.lock.run('pins', () => parts.pins.pin(jobId, [obtained.stored.entry]))
          return { ...obtained, provider }
        }
        notes.push(`${addressText(provider)} is still being cached, so it is not taken from there.`)
      } catch (error) {
        // That a registry may not be called is how the agent is set up, and nothing new to each run.
        if (parts.library.canFetch(provider)) notes.push(textOf(error))
      }
      return undefined
    }),
  )
  deadline.abort()
  signal?.throwIfAborted()
  return results.filter((it) => it !== undefined)
}

/** Looks after the pins, so that an eviction cannot come between. */
async function findPinned(
  found: readonly FoundPackage[],
  { store }: CacheParts,
): Promise<readonly ViewedPackage[]> {
  const there: ViewedPackage[] = []
  for (const { stored, provider } of found) {
    if (!(await store.has(stored))) continue
    await store.touch(stored.entry)
    there.push({ stored, provider })
  }
  return there
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

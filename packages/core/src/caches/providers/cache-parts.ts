import { join } from 'node:path'

import type { Dispatcher } from 'undici'

import { createDispatcher } from '../../http/index.ts'
import { CacheLock } from '../cache-lock.ts'
import { CacheEviction } from '../eviction/cache-eviction.ts'
import { JobPins } from '../job-pins.ts'
import { Staging } from '../staging.ts'
import { CacheDirectory } from './cache-directory.ts'
import { JobViews } from './job-view.ts'
import { checkMirror, MirrorSource, type CheckedMirror } from './mirror-source.ts'
import { OriginProbe } from './origin-probe.ts'
import { PackageFetcher } from './package-fetcher.ts'
import { PackageStore } from './package-store.ts'
import { publicHosts } from './provider-address.ts'
import type { ProviderCacheOptions } from './provider-cache-options.ts'
import { ProviderLibrary } from './provider-library.ts'
import { RegistrySource } from './registry-source.ts'

const defaultSizeLimitBytes = 40 * 1024 ** 3

/** What a provider cache consists of. */
export interface CacheParts {
  readonly mirrors: readonly CheckedMirror[]
  readonly dispatcher: Dispatcher
  readonly directory: CacheDirectory
  readonly staging: Staging
  readonly store: PackageStore
  readonly pins: JobPins
  readonly lock: CacheLock
  readonly eviction: CacheEviction
  readonly views: JobViews
  readonly library: ProviderLibrary
  readonly origins: OriginProbe
}

/** @throws ConfigurationError for mirrors that the tools would refuse */
export function wireParts(options: ProviderCacheOptions): CacheParts {
  const { directory: root, owner, settings, clock, logger } = options
  const mirrors = (settings.networkMirrors ?? []).map(checkMirror)
  const dispatcher = createDispatcher(options.connection)
  const download = { dispatcher, clock, idleTimeoutMs: options.idleTimeoutMs ?? 30_000 }
  const staging = new Staging({ directory: join(root, 'staging'), owner, clock })
  const store = new PackageStore(root, staging, clock)
  const pins = new JobPins({ directory: join(root, 'pins'), owner, clock })
  const lock = new CacheLock({ cacheDir: root, clock })
  const eviction = new CacheEviction({
    store,
    pins,
    lock,
    sizeLimitBytes: settings.sizeLimitBytes ?? defaultSizeLimitBytes,
    maxAgeDays: settings.maxAgeDays,
    clock,
    logger,
    what: 'providers',
  })
  const registryHosts = settings.registryHosts ?? [...publicHosts]
  const sources = [
    ...mirrors.map((mirror) => new MirrorSource(mirror, download)),
    ...registryHosts.map((host) => new RegistrySource(host, download)),
  ]
  return {
    mirrors,
    dispatcher,
    directory: new CacheDirectory(root, staging),
    staging,
    store,
    pins,
    lock,
    eviction,
    views: new JobViews(root, owner, staging),
    library: new ProviderLibrary({
      lock,
      store,
      fetcher: new PackageFetcher({ sources, store, staging, directory: root }),
      makeRoom: options.makeRoom ?? (() => eviction.runFully()),
      concurrency: settings.concurrency ?? 10,
      logger,
    }),
    origins: new OriginProbe({ hosts: [...publicHosts], dispatcher, clock }),
  }
}

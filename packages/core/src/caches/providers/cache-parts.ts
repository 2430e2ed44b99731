import { join } from 'node:path'

import type { Dispatcher } from 'undici'

import { createDispatcher } from '../../http/index.ts'
import { CacheLock } from '../cache-lock.ts'
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

/** What a provider cache consists of. */
export interface CacheParts {
  readonly mirrors: readonly CheckedMirror[]
  readonly dispatcher: Dispatcher
  readonly directory: CacheDirectory
  readonly staging: Staging
  readonly store: PackageStore
  readonly pins: JobPins
  readonly views: JobViews
  readonly library: ProviderLibrary
  readonly origins: OriginProbe
}

/** @throws ConfigurationError for mirrors that the tools would refuse */
export function wireParts(options: ProviderCacheOptions): CacheParts {
  const { directory: root, owner, settings, clock, logger } = options
  const mirrors = (settings.networkMirrors ?? []).map(checkMirror)
  const dispatcher = createDispatcher(options.connection)
  const http = { dispatcher, clock, idleTimeoutMs: options.idleTimeoutMs ?? 30_000 }
  const staging = new Staging({ directory: join(root, 'staging'), owner, clock })
  const store = new PackageStore(root, staging, clock)
  const registryHosts = settings.registryHosts ?? [...publicHosts]
  const sources = [
    ...mirrors.map((mirror) => new MirrorSource(mirror, http)),
    ...registryHosts.map((host) => new RegistrySource(host, http)),
  ]
  return {
    mirrors,
    dispatcher,
    directory: new CacheDirectory(root, staging),
    staging,
    store,
    pins: new JobPins({ directory: join(root, 'pins'), owner, clock }),
    views: new JobViews(root, owner, staging),
    library: new ProviderLibrary({
      lock: new CacheLock({ cacheDir: root, clock }),
      store,
      fetcher: new PackageFetcher({ sources, store, staging }),
      concurrency: settings.concurrency ?? 10,
      logger,
    }),
    origins: new OriginProbe({ hosts: [...publicHosts], dispatcher, clock }),
  }
}

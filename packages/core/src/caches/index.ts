export { fetchTool, type FetchToolOptions } from './binaries/index.ts'
export { createJobCaches } from './create-job-caches.ts'
export type {
  JobCaches,
  PrepareCachesRequest,
  PreparedCaches,
  ToolLocation,
  ToolName,
  ToolRequest,
} from './job-caches.ts'
export type { BinaryCacheSettings, JobCachesOptions, SignedToolName } from './job-caches-options.ts'
export type {
  PreparedProviders,
  ProviderCacheSettings,
  ProviderNetworkMirror,
  ProviderRequest,
} from './provider-settings.ts'

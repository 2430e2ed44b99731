export { checkMirror, type CheckedMirror } from './mirror-source.ts'
export { ProviderCache } from './provider-cache.ts'
export type { ProviderCacheOptions } from './provider-cache-options.ts'

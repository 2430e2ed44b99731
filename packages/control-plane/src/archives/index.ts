export {
  describeArchiveFault,
  findArchiveFault,
  type ArchiveCheckOptions,
  type ArchiveFault,
} from './archive-check.ts'
export { hookArchiveLimits } from './hook-archive-limits.ts'
export {
  bundleLayout,
  policyBundleLimits,
  readPolicyBundle,
  type BundleLayout,
  type ReadBundle,
} from './policy-bundle.ts'
export { rerootArchive, type RerootOptions } from './reroot-archive.ts'

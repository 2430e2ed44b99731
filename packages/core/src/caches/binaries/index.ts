export { BinaryCache, type BinaryCacheOptions, type PreparedBinaries } from './binary-cache.ts'
export { checkBinarySettings } from './check-binary-settings.ts'

export { BinaryCache, type BinaryCacheOptions, type PreparedBinaries } from './binary-cache.ts'
export { fetchTool, type FetchToolOptions } from './fetch-tool.ts'
export { checkBinarySettings } from './check-binary-settings.ts'

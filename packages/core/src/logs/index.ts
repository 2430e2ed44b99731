export { logCheckpointSchema, type LogCheckpoint } from './log-checkpoint.ts'
export type { LoggedMarker, LogPumpOptions, LogSource, LogSummary } from './log-pump-options.ts'
export { LogPump } from './log-pump.ts'
export { LogSpool, type LogSpoolOptions } from './log-spool.ts'
export { LogUploader, type LogSink, type LogUploaderOptions } from './log-uploader.ts'
export { type FilteredOutput, type FoundMarker } from './marker-filter.ts'
export { Masker, maskText } from './masker.ts'
export { isMaskable } from './secret-forms.ts'
export {
  assertMarkerNonce,
  formatMarker,
  parseMarker,
  type StageMarker,
} from './stage-markers.ts'

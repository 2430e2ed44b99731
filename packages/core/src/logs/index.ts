export { MarkerFilter, type FilteredOutput, type FoundMarker } from './marker-filter.ts'
export { Masker, maskText } from './masker.ts'
export { isMaskable, minSecretCharacters } from './secret-forms.ts'
export {
  assertMarkerNonce,
  formatMarker,
  markerStartByte,
  maxMarkerBytes,
  parseMarker,
  type StageMarker,
} from './stage-markers.ts'

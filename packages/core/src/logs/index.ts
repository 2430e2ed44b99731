export {
  assertMarkerNonce,
  formatMarker,
  markerStartByte,
  maxMarkerBytes,
  parseMarker,
  type StageMarker,
} from './stage-markers.ts'

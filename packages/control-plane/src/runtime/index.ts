export {
  parseRetryAfter,
  randomId,
  silentLogger,
  syncDirectory,
  systemClock,
  type Clock,
  type IdSource,
  type LogFields,
  type Logger,
} from '@scalr-agent/core/runtime'

export { ControlPlaneError, errorCode, type ControlPlaneErrorCode } from './control-plane-error.ts'
export { requestBytes } from './request-bytes.ts'
export { retryDelayMs } from './retry-delay.ts'
export { resolveTiming, type Timing, type TimingOptions } from './timing.ts'

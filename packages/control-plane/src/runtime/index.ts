export { systemClock, type Clock } from './clock.ts'
export { ControlPlaneError, errorCode, type ControlPlaneErrorCode } from './control-plane-error.ts'
export { randomId, type IdSource } from './ids.ts'
export { silentLogger, type LogFields, type Logger } from './logger.ts'

export { ControlPlaneError, type ControlPlaneErrorCode } from './runtime/index.ts'
export type { Clock, IdSource, LogFields, Logger, TimingOptions } from './runtime/index.ts'
export {
  createControlPlane,
  type ControlPlaneLimits,
  type ControlPlaneOptions,
  type ControlPlaneServer,
  type GivenCertificate,
} from './server/index.ts'

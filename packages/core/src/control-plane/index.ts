export type {
  AcquireRequest,
  ControlPlane,
  ControlPlaneJob,
  ControlPlaneSession,
  JobKey,
  SignalsRequest,
  UploadSource,
} from './control-plane.ts'
export { HttpControlPlane, type HttpControlPlaneOptions } from './http-control-plane.ts'
export type { RetryPeriods } from './retry-periods.ts'

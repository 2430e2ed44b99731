export type {
  AcquireRequest,
  ControlPlane,
  ControlPlaneJob,
  ControlPlaneSession,
  JobKey,
  SignalsRequest,
  UploadSource,
} from './control-plane.ts'

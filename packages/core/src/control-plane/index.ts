export type {
  AcquireRequest,
  ControlPlane,
  ControlPlaneJob,
  ControlPlaneSession,
  JobCredentials,
  JobKey,
  SignalsRequest,
  UploadSource,
} from './control-plane.ts'

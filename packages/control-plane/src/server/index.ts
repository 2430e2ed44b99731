export { createControlPlane, type ControlPlaneServer } from './create-control-plane.ts'
export type { ControlPlaneLimits, ControlPlaneOptions, GivenCertificate } from './options.ts'

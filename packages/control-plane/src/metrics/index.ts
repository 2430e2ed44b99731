export { createMetrics, type ControlPlaneMetrics } from './control-plane-metrics.ts'
export { registerMetrics } from './register-metrics.ts'

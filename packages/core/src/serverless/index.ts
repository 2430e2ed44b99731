export type { ReceivedRequest, Receiver, ReceiverAnswer } from './answer.ts'
export { toFetchHandler, toNodeHandler } from './handlers.ts'
export type { LauncherEvents, TaskResult } from './launcher-events.ts'
export { launcherMetrics, type LauncherMetrics } from './launcher-metrics.ts'
export type { ServerlessLauncherOptions } from './launcher-options.ts'
export { loadAllowlist } from './load-allowlist.ts'
export { createReceiver, type ReceiverOptions } from './receiver.ts'
export { serverTls, type ServerTlsOptions } from './server-tls.ts'
export {
  ServerlessLauncher,
  type LauncherCounts,
  type LauncherStatus,
  type TaskView,
} from './serverless-launcher.ts'
export { createStatusHandler, type StatusHandlerOptions } from './status-handler.ts'
export type { TaskRequest } from './task-request.ts'
export type { Acceptance } from './task-store.ts'
